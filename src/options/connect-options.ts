import * as v from 'valibot';
import { hostsAndPorts, listenAddress, text } from './values.ts';

/** Which service is meant. */
export const serviceOptions = {
  /** What the service is called. Required. */
  name: {
    schema: text,
    positional: true,
    help: 'The service: what its server or agent has called it',
  },
  /** The client port of the relay's names door, `<host>:<port>`, or with commas those of several of one fleet: a random one of these, and the next when that cannot be reached. Required. */
  via: {
    schema: hostsAndPorts,
    hint: 'host:port',
    list: true,
    help: 'The relay: host and client port of its --names; of a fleet, several with commas',
  },
} as const;

/** Every option of `relay-connect`. */
export const connectOptions = {
  ...serviceOptions,
  /** A local port, or `<host>:<port>`, each connection to which is joined with the service. Default: stdin and stdout are. */
  listen: {
    schema: v.optional(listenAddress),
    hint: 'port|host:port',
    help: 'Join each connection to this port, of 127.0.0.1 unless told (0: the system picks)',
  },
} as const;
