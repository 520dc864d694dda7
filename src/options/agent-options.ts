import { Server } from 'node:net';
import * as v from 'valibot';
import type { Endpoint } from '../data-plane/data-plane.ts';
import { serviceName } from '../protocol/extended.ts';
import { limitOptions } from './limit-options.ts';
import {
  badOptions,
  checkOptions,
  type Fault,
  type OptionsInput,
  type OptionsOutput,
} from './option.ts';
import { relayingOptions } from './relaying-options.ts';
import { trustOptions } from './trust-options.ts';
import {
  countFromZero,
  dialledPort,
  flag,
  hostAndPort,
  hostsAndPorts,
  parseAddress,
  parseList,
  pooled,
  portRange,
  text,
  textThat,
} from './values.ts';

/**
 * The service that clients are joined with: a port of this machine (`3000` or
 * `'3000'`), `'<host>:<port>'`, `'unix:<path>'`, or a Node server object
 * (`http.Server`, `net.Server`, `tls.Server`, …), which need not listen: it gets
 * each connection through its `'connection'` event.
 */
export type Target = number | string | Server;

/** Where a target that is not a server object can be dialled; undefined if it is none. */
export function parseTarget(target: number | string): Endpoint | undefined {
  const text = String(target);
  if (text.startsWith('unix:')) return text.length > 5 ? { path: text.slice(5) } : undefined;
  return parseAddress(/^\d+$/.test(text) ? `localhost:${text}` : text);
}

const target = v.custom<Target>(
  (given) =>
    given instanceof Server ||
    ((typeof given === 'string' || typeof given === 'number') && parseTarget(given) !== undefined),
  'expected a port, <host>:<port> or unix:<path>',
);

const HEALTH = /^(?:tcp|http:(\/[\x21-\x7e]*))$/;

const health = textThat((check) => parseHealth(check) !== undefined, 'tcp or http:/<path>', HEALTH);

/** How the target's health is checked: whether it can be connected to, or what it answers to a request for a path. */
export function parseHealth(check: string): { path: string | undefined } | undefined {
  const [, path] = HEALTH.exec(check) ?? [undefined, null];
  return path === null ? undefined : { path };
}

/** What there is no place for without a registration. */
const OF_REGISTRATIONS = [
  'to',
  'port',
  'ports',
  'name',
  'group',
  'token',
  'tokenFile',
  'state',
  'mux',
  'singlePort',
  'spares',
  'health',
  'proxyProtocol',
  'maxRetries',
  ...Object.keys(limitOptions),
];

/** Every option of the agent. */
export const agentOptions = {
  /** What clients are joined with. Required. */
  target: {
    schema: target,
    positional: true,
    help: 'The service to expose: a port, host:port or unix:/path',
  },
  /** The relay's control port, `<host>:<port>`, or with commas those of several of one fleet: a random one of these, and the next when that is not to be had. Required, unless there is a `pool`. */
  to: {
    schema: v.optional(hostsAndPorts),
    hint: 'host:port',
    list: true,
    help: 'The relay: host and control port; of a fleet, several with commas',
  },
  /** The relay port of a pool, `<host>:<port>`, in place of `to`: nothing is registered. Default: none. */
  pool: {
    schema: v.optional(hostAndPort),
    hint: 'host:port',
    help: 'Register nothing, but wait for clients in the pool with this relay port',
    excludes: OF_REGISTRATIONS,
  },
  /** Connections that wait in the pool, 1 to 1024. Default 8. */
  connections: {
    schema: v.optional(pooled, 8),
    hint: 'n',
    help: 'Connections that wait in the pool',
    needs: ['pool'],
  },
  /** The client port; the relay refuses if it is taken or not allowed. Default: the relay chooses. */
  port: {
    schema: v.optional(dialledPort),
    hint: 'port',
    help: 'Ask for this client port (default: the relay chooses)',
    excludes: ['ports'],
  },
  /** A range for the client port, `<from>-<to>`. Default: the relay chooses. */
  ports: {
    schema: v.optional(portRange),
    hint: 'from-to',
    help: 'Ask for a client port of this range',
  },
  /** Name that clients may ask for, of `a-z`, `0-9` and `-`; the relay refuses if it is taken or not allowed. Default: none. */
  name: {
    schema: v.optional(serviceName),
    hint: 'name',
    help: 'Ask for this name, by which clients find the service',
  },
  /** Whether to share `name` and `port` with other agents that have the same token and say so, too. Default false. */
  group: {
    schema: v.optional(flag, false),
    help: 'Share the name and the client port with others of the same token: clients in turn',
    needs: ['name', 'port'],
  },
  ...trustOptions,
  /** File in which the right to the port outlives the agent: started again with it, it has the same port. Default: none. */
  state: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Keep the right to the port in this file, for the next start',
  },
  /** Whether all goes through one connection: each client comes as a stream of it (yamux), and no other is ever dialled. Default false. */
  mux: {
    schema: v.optional(flag, false),
    help: 'Have all clients come through the control connection, as streams of it',
    excludes: ['singlePort', 'spares'],
  },
  /** Whether back-connects go to the control port as well, so that the relay needs but one open port. Default false. */
  singlePort: {
    schema: v.optional(flag, false),
    help: 'Dial back to the control port: nothing else of the relay needs to be reachable',
  },
  /** Connections that wait at the relay for clients yet to come, which saves those a round trip. Default 0. */
  spares: {
    schema: v.optional(countFromZero, 0),
    hint: 'n',
    help: 'Connections kept waiting at the relay, so that clients are joined at once',
  },
  /** Checks the target every 5 seconds, by `tcp` or `http:/<path>`; while it is down, the relay refuses clients. Default: no checks. */
  health: {
    schema: v.optional(health),
    hint: 'tcp|http:/path',
    help: 'Check the target, and have clients refused while it is down',
  },
  /** Which PROXY header tells the target its client's address. Default: none. */
  proxyProtocol: {
    schema: v.optional(v.picklist(['v1', 'v2'], 'expected v1 or v2')),
    hint: 'v1|v2',
    help: "Tell the target each client's address in a PROXY header",
  },
  /** Failed attempts in a row to reach the relay before giving up. Default: never give up. */
  maxRetries: {
    schema: v.optional(countFromZero),
    hint: 'n',
    help: 'Give up after so many failed retries in a row (default: never)',
  },
  ...limitOptions,
  ...relayingOptions,
} as const;

/** Options of `createAgent()`. Only `target` and `to`, or `target` and `pool`, are required. */
export type AgentOptions = OptionsInput<typeof agentOptions> & { target: Target } & (
    | { to: string }
    | { pool: string }
  );

/** Checked options, defaults filled in. */
export type AgentSettings = RegisteringSettings | PoolSettings;

/** Those of an agent that registers. */
export type RegisteringSettings = OptionsOutput<typeof agentOptions> & {
  to: string;
  pool?: undefined;
};

/** Those of the far end of a pool. */
export type PoolSettings = OptionsOutput<typeof agentOptions> & { pool: string };

/** What fits into one line of the protocol, beside all else that may be asked for. */
const LONGEST_LISTS = 3000;
const MOST_BLOCKS = 64;
const LISTS = ['allowClients', 'denyClients'] as const;

/** Checks all options, also for what does not go together. Throws `E_BAD_OPTION`. */
export function checkAgentOptions(options: AgentOptions): AgentSettings {
  const settings = checkOptions(agentOptions, options);
  const faults = agentFaults(settings);
  if (faults.length > 0) throw badOptions(faults);
  // One of `to` and `pool` is there.
  return settings as AgentSettings;
}

/** What is wrong with options of which each is right. */
export function agentFaults(settings: OptionsOutput<typeof agentOptions>): Fault[] {
  const { to, pool, target, tls, mux, tlsCert, dataPlane, health, proxyProtocol } = settings;
  const { allowClients } = settings;
  const isObject = target instanceof Server;
  const wrong = (key: string, why: string) => ({ key, is: 'wrong', why }) as const;
  const faults: (Fault | false)[] = [
    to === undefined && pool === undefined && { key: 'to', is: 'missing', alternatives: ['pool'] },
    isObject &&
      health !== undefined &&
      wrong('health', 'a server object has nowhere to be dialled'),
    isObject &&
      proxyProtocol !== undefined &&
      wrong('proxyProtocol', 'a server object cannot read it'),
    tlsCert !== undefined && !tls && { key: 'tlsCert', is: 'alone', needs: ['tls'] },
    tls && dataPlane === 'linux' && wrong('dataPlane', 'with tls, it can only be the portable one'),
    mux && dataPlane === 'linux' && wrong('dataPlane', 'with mux, it can only be the portable one'),
    ...LISTS.map(
      (key) =>
        parseList(settings[key] ?? '').length > MOST_BLOCKS &&
        wrong(key, `at most ${MOST_BLOCKS} entries`),
    ),
    LISTS.map((key) => settings[key] ?? '').join('').length > LONGEST_LISTS &&
      wrong(
        allowClients === undefined ? 'denyClients' : 'allowClients',
        `{allowClients} and {denyClients} can have at most ${LONGEST_LISTS} characters together`,
      ),
  ];
  return faults.filter((fault) => fault !== false);
}
