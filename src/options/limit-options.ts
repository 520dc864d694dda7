import * as v from 'valibot';
import type { OptionsOutput } from './option.ts';
import { blocks, count, parseList, seconds } from './values.ts';

/** What the clients of a registration are held to: the broker says so for all of them, an agent for its own. */
export const limitOptions = {
  /** Clients of one registration at one time, waiting and paired. Default: no bound of its own. */
  maxClients: {
    schema: v.optional(count),
    hint: 'n',
    help: 'Clients of one registration at one time, waiting and paired',
  },
  /** Clients of one registration that wait for their back-connect at one time. Default: no bound of its own. */
  maxWaiting: {
    schema: v.optional(count),
    hint: 'n',
    help: 'Waiting clients of one registration at one time',
  },
  /** Clients of one registration at one time from one address. Default: no bound of its own. */
  maxClientsPerAddress: {
    schema: v.optional(count),
    hint: 'n',
    help: 'Clients of one registration at one time from one address',
  },
  /** New clients of one registration per second from one address; as many may come at once. Default: no bound. */
  connectRate: {
    schema: v.optional(count),
    hint: 'n',
    help: 'New clients of one registration per second from one address',
  },
  /** Bytes per second each way of one registration. Default: no bound. */
  bytesPerSecond: {
    schema: v.optional(count),
    hint: 'n',
    help: 'Bytes per second each way of one registration',
  },
  /** Seconds of silence in both directions until a relayed connection is reset. Default: no bound. */
  idleTimeout: {
    schema: v.optional(seconds),
    hint: 's',
    help: 'Seconds of silence until a relayed connection is reset',
  },
  /** Addresses and CIDR blocks, with commas, that clients have to come from. Default: any. */
  allowClients: {
    schema: v.optional(blocks),
    hint: 'blocks',
    list: true,
    help: 'Addresses and CIDR blocks that clients have to come from',
  },
  /** Addresses and CIDR blocks, with commas, that clients must not come from. Default: none. */
  denyClients: {
    schema: v.optional(blocks),
    hint: 'blocks',
    list: true,
    help: 'Addresses and CIDR blocks that clients must not come from',
  },
} as const;

/** The same as it is said on the wire and among limits of other sources. */
export function limitsOf(settings: OptionsOutput<typeof limitOptions>) {
  const { allowClients, denyClients } = settings;
  return {
    allow: allowClients === undefined ? undefined : parseList(allowClients),
    deny: denyClients === undefined ? undefined : parseList(denyClients),
    clients: settings.maxClients,
    waiting: settings.maxWaiting,
    clientsPerAddress: settings.maxClientsPerAddress,
    ratePerAddress: settings.connectRate,
    bytesPerSecond: settings.bytesPerSecond,
    idle: settings.idleTimeout,
  };
}
