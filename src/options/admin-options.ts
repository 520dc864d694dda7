import { isIP } from 'node:net';
import * as v from 'valibot';
import type { Fault, OptionsOutput } from './option.ts';
import { isLoopback, listenAddress, parseListen, text } from './values.ts';

/** The listener by which an operator looks at a running broker, and acts on it. */
export const adminOptions = {
  /** A port of 127.0.0.1, or `<host>:<port>`. Default: none. */
  admin: {
    schema: v.optional(listenAddress),
    hint: 'port|host:port',
    help: 'Serve a status page, metrics, a JSON API and health checks here, to be reached from 127.0.0.1 unless told',
  },
  /** File whose first line is the token that callers have to show. Default: none, and then whoever reaches it may look but change nothing. */
  adminTokenFile: {
    schema: v.optional(text),
    hint: 'file',
    help: 'File whose first line is the token to show to --admin; without one, nothing can be changed there',
    needs: ['admin'],
  },
} as const;

/** What is wrong with a listener that others could use. What a name stands for shows when it is opened. */
export function adminFaults({
  admin = 0,
  adminTokenFile,
}: OptionsOutput<typeof adminOptions>): Fault[] {
  const { host = '' } = parseListen(admin) ?? {};
  if (adminTokenFile !== undefined || isIP(host) === 0 || isLoopback(host)) return [];
  return [tokenNeeded(host)];
}

export function tokenNeeded(host: string): Fault {
  const why = `others can reach ${host}: give --admin-token-file <file>, whose first line they have to show (make one with: openssl rand -base64 32), or use 127.0.0.1`;
  return { key: 'admin', is: 'wrong', why };
}
