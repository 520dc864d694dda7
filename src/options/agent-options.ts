import { Server } from 'node:net';
import * as v from 'valibot';
import type { Endpoint } from '../data-plane/data-plane.ts';
import type { OptionsInput, OptionsOutput } from './option.ts';
import { relayingOptions } from './relaying-options.ts';
import { countFromZero, hostAndPort, parseAddress } from './values.ts';

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

/** Every option of the agent. */
export const agentOptions = {
  /** What clients are joined with. Required. */
  target: {
    schema: target,
    positional: true,
    help: 'The service to expose: a port, host:port or unix:/path',
  },
  /** The relay's control port, `<host>:<port>`. Required. */
  to: {
    schema: hostAndPort,
    hint: 'host:port',
    help: 'The relay: host and control port',
  },
  /** Failed attempts in a row to reach the relay before giving up. Default: never give up. */
  maxRetries: {
    schema: v.optional(countFromZero),
    hint: 'n',
    help: 'Give up after so many failed retries in a row (default: never)',
  },
  ...relayingOptions,
} as const;

/** Options of `createAgent()`. Only `target` and `to` are required. */
export type AgentOptions = OptionsInput<typeof agentOptions> & { target: Target; to: string };

/** Checked options, defaults filled in. */
export type AgentSettings = OptionsOutput<typeof agentOptions>;
