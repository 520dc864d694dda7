import * as v from 'valibot';
import type { OptionsInput, OptionsOutput } from './option.ts';
import { relayingOptions } from './relaying-options.ts';
import { count, milliseconds, port, portRange, seconds, text } from './values.ts';

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
  /** Public name of this machine, for the log. Default: none. */
  advertise: {
    schema: v.optional(text),
    hint: 'host',
    help: 'Public name of this machine, used in logs',
  },
  /** Client ports come from this range only, `<from>-<to>`, lowest free first. Default: the system picks. */
  ports: {
    schema: v.optional(portRange),
    hint: 'from-to',
    help: 'Client ports from this range only, lowest free first (default: the system picks)',
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
  /** Clients of one registration at one time, waiting and paired. Default 10000. */
  maxClients: {
    schema: v.optional(count, 10_000),
    hint: 'n',
    help: 'Clients of one registration at one time, waiting and paired',
  },
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

/** Options of `createBroker()`. Only `port` is required. */
export type BrokerOptions = OptionsInput<typeof brokerOptions> & { port: number };

/** Checked options, defaults filled in. */
export type BrokerSettings = OptionsOutput<typeof brokerOptions>;
