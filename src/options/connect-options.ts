import * as v from 'valibot';
import { hostAndPort, parseAddress, text } from './values.ts';

/** Where a local port is opened: for this machine alone, unless somebody says otherwise. */
const LOOPBACK = '127.0.0.1';

/** `<port>` (0: the system picks) or `<host>:<port>`. */
export function parseListen(listen: number | string): { host: string; port: number } | undefined {
  const text = String(listen);
  if (!/^\d{1,5}$/.test(text)) return parseAddress(text);
  const port = Number(text);
  return port <= 65535 ? { host: LOOPBACK, port } : undefined;
}

/** Which service is meant. */
export const serviceOptions = {
  /** What the service is called. Required. */
  name: {
    schema: text,
    positional: true,
    help: 'The service: what its server or agent has called it',
  },
  /** The client port of the relay's names door, `<host>:<port>`. Required. */
  via: {
    schema: hostAndPort,
    hint: 'host:port',
    help: 'The relay: host and client port of its --names',
  },
} as const;

/** Every option of `relay-connect`. */
export const connectOptions = {
  ...serviceOptions,
  /** A local port, or `<host>:<port>`, each connection to which is joined with the service. Default: stdin and stdout are. */
  listen: {
    schema: v.optional(
      v.custom<number | string>(
        (given) =>
          (typeof given === 'number' || typeof given === 'string') &&
          parseListen(given) !== undefined,
        'expected <port> or <host>:<port>',
      ),
    ),
    hint: 'port|host:port',
    help: 'Join each connection to this port, of 127.0.0.1 unless told (0: the system picks)',
  },
} as const;
