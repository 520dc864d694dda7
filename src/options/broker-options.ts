import * as v from 'valibot';
import { clusterOptions } from './cluster-options.ts';
import { doorOptions } from './door-options.ts';
import { limitOptions } from './limit-options.ts';
import {
  badOptions,
  checkOptions,
  type Fault,
  type OptionsInput,
  type OptionsOutput,
} from './option.ts';
import { relayingOptions } from './relaying-options.ts';
import {
  blocks,
  count,
  flag,
  heartbeat,
  isDialled,
  milliseconds,
  port,
  portRange,
  seconds,
  secondsFromZero,
  text,
} from './values.ts';

/** Either of the ways to give a certificate. */
const CERTIFICATE = ['tlsCert', 'tlsPfx'];

/** Every option of the broker. Times are in seconds unless the name says milliseconds. */
export const brokerOptions = {
  /** Port of the control listener; 0 lets the system pick. Required. */
  port: {
    schema: port,
    positional: true,
    help: 'Control port, which servers connect to (0: the system picks)',
  },
  /** Address that every listener binds to. Default: all addresses, IPv6 and IPv4. */
  host: {
    schema: v.optional(text),
    hint: 'address',
    help: 'Address for every listener (default: all)',
  },
  /** Public name of this machine, for agents, the log, and the other brokers of a fleet. Default: none. */
  advertise: {
    schema: v.optional(v.pipe(text, v.maxLength(255, 'expected at most 255 characters'))),
    hint: 'host',
    help: 'Public name of this machine, for agents, logs and other brokers of a fleet',
  },
  /** Client ports come from this range only, `<from>-<to>`, lowest free first. Default: the system picks. */
  ports: {
    schema: v.optional(portRange),
    hint: 'from-to',
    help: 'Client ports from this range only, lowest free first (default: the system picks)',
  },
  ...doorOptions,
  /** File of the tokens that registering takes. Default: none, anybody may register. */
  tokens: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Registering takes a token from this file',
  },
  /** Addresses and CIDR blocks, with commas, that may register by the basic protocol, and use the announce and pool doors, where tokens or TLS are demanded. Default: none. */
  allowBasic: {
    schema: v.optional(blocks),
    hint: 'blocks',
    list: true,
    help: 'Addresses and CIDR blocks that may register without token and TLS',
    needs: ['tokens', ...CERTIFICATE],
  },
  /** File of the certificate, in PEM, with those between it and its authority's; registrations then take TLS. Default: none. */
  tlsCert: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Certificate, with its chain, in PEM: registering takes TLS',
    needs: ['tlsKey'],
    excludes: ['tlsPfx'],
  },
  /** File of the certificate's private key, in PEM. */
  tlsKey: {
    schema: v.optional(text),
    hint: 'file',
    help: "The certificate's private key, in PEM",
    needs: ['tlsCert'],
  },
  /** File of certificate and key in one, as PKCS #12, in place of `tlsCert` and `tlsKey`. */
  tlsPfx: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Certificate and key in one, as PKCS #12',
  },
  /** File whose first line decrypts `tlsKey` or `tlsPfx`. */
  tlsPassphraseFile: {
    schema: v.optional(text),
    hint: 'file',
    help: 'File whose first line decrypts the key or the PKCS #12 file',
    needs: CERTIFICATE,
  },
  /**
   * File of the authorities, in PEM, of one of which agents have to show a certificate. Default: none,
   * agents need no certificate. Not with `tlsPfx`: Node would trust the authorities in that file, too.
   */
  tlsClientCa: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Agents have to show a certificate of one of these authorities, in PEM',
    needs: ['tlsCert'],
  },
  /** Whether clients speak TLS to the public ports; what is behind gets plain bytes. Default false. */
  clientTls: {
    schema: v.optional(flag, false),
    help: 'Clients speak TLS to the public ports',
    needs: CERTIFICATE,
  },
  /** File in which leases outlive the broker. Default: none. */
  state: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Leases are kept in this file and outlive the broker',
  },
  /** Whether it takes the place of the broker that runs with this `host` and `port`, with its ports and leases. Default false. */
  takeover: {
    schema: v.optional(v.boolean(), false),
    help: 'Take the place of the broker that runs with this port, without refusing anyone',
    momentary: true,
  },
  ...clusterOptions,
  /** Seconds for which a registration outlives its control connection. Default 60. */
  lease: {
    schema: v.optional(secondsFromZero, 60),
    hint: 's',
    help: 'Seconds for which a registration outlives its control connection',
  },
  /** Seconds between two signs of life; an agent that gives none for three times that is gone. Default 5. */
  heartbeat: {
    schema: v.optional(heartbeat, 5),
    hint: 's',
    help: 'Seconds between signs of life; an agent is gone after three without',
  },
  /** Seconds a client waits for its back-connect. Default 10. */
  pairTimeout: {
    schema: v.optional(seconds, 10),
    hint: 's',
    help: 'Seconds a client waits for its back-connect',
  },
  /** Milliseconds to wait for a first line before a registrant is taken for a basic one. Default 200. */
  helloWait: {
    schema: v.optional(milliseconds, 200),
    hint: 'ms',
    help: 'Milliseconds to wait for a first line before a registrant is taken for a basic one',
  },
  /** Control connections at one time. Default 1000. */
  maxRegistrations: {
    schema: v.optional(count, 1000),
    hint: 'n',
    help: 'Registrations at one time',
  },
  ...limitOptions,
  /** Clients of one registration at one time, waiting and paired. Default 10000. */
  maxClients: { ...limitOptions.maxClients, schema: v.optional(count, 10_000) },
  /** Clients of one registration that wait for their back-connect at one time. Default 1000. */
  maxWaiting: { ...limitOptions.maxWaiting, schema: v.optional(count, 1000) },
  /** Whose back-connects are taken: only those from the registrant's address, or anyone's. Default `same`. */
  backConnectFrom: {
    schema: v.optional(v.picklist(['same', 'any'], 'expected same or any'), 'same'),
    hint: 'same|any',
    help: "Take back-connects from the registrant's address only, or from any",
  },
  ...relayingOptions,
  /** Threads of the Linux data plane, at most. Default: one per core, up to four. */
  threads: {
    schema: v.optional(count),
    hint: 'n',
    help: 'Threads of the Linux data plane at most (default: one per core, up to four)',
  },
} as const;

/** Checks all options, also for what does not go together. Throws `E_BAD_OPTION`. */
export function checkBrokerOptions(options: BrokerOptions): BrokerSettings {
  const settings = checkOptions(brokerOptions, options);
  const faults = brokerFaults(settings);
  if (faults.length > 0) throw badOptions(faults);
  return settings;
}

/** What is wrong with options of which each is right. */
export function brokerFaults(settings: BrokerSettings): Fault[] {
  return [...doorFaults(settings), ...clusterFaults(settings)];
}

/** Front doors that nobody could come in by. */
function doorFaults(settings: BrokerSettings): Fault[] {
  const { announcePort, pool, poolTls, tokens, allowBasic, tlsClientCa } = settings;
  const isSecured = (settings.tlsCert ?? settings.tlsPfx) !== undefined;
  const isClosed = (tokens !== undefined || isSecured) && allowBasic === undefined;
  // In place of a token, there may be a certificate.
  const isProven = poolTls && (tokens === undefined || tlsClientCa !== undefined);
  const faults: (Fault | false)[] = [
    announcePort !== undefined &&
      isClosed && {
        key: 'announcePort',
        is: 'wrong',
        why: 'where registering takes a token or TLS, it needs {allowBasic}',
      },
    poolTls && !isSecured && { key: 'poolTls', is: 'alone', needs: CERTIFICATE },
    pool !== undefined &&
      isClosed &&
      !isProven && {
        key: 'pool',
        is: 'wrong',
        why: 'where registering takes a token or TLS, it needs {allowBasic}, or {poolTls}, with {tlsClientCa} in place of a token',
      },
  ];
  return faults.filter((fault) => fault !== false);
}

/** A member that nobody could reach, and half of a certificate. */
function clusterFaults({
  cluster,
  port,
  advertise,
  clusterCert,
  clusterKey,
}: BrokerSettings): Fault[] {
  const faults: (Fault | false)[] = [
    cluster !== undefined &&
      advertise !== undefined &&
      !isDialled(advertise) && {
        key: 'advertise',
        is: 'wrong',
        why: 'with {cluster}, expected what agents and other brokers dial this machine by, such as relay-3.example.net or 192.0.2.3',
      },
    cluster !== undefined &&
      port === 0 && {
        key: 'port',
        is: 'wrong',
        why: 'with {cluster}, expected a port of its own: by that, the others know this broker again',
      },
    clusterCert !== undefined &&
      clusterKey === undefined && { key: 'clusterCert', is: 'alone', needs: ['clusterKey'] },
  ];
  return faults.filter((fault) => fault !== false);
}

/** Options of `createBroker()`. Only `port` is required. */
export type BrokerOptions = OptionsInput<typeof brokerOptions> & { port: number };

/** Checked options, defaults filled in. */
export type BrokerSettings = OptionsOutput<typeof brokerOptions>;
