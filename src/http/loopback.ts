import { isIP } from 'node:net';
import { isLoopback } from '../options/values.ts';

/**
 * Whether a `Host` header names this machine, or what the operator calls it. A page of a stranger
 * whose name has come to mean 127.0.0.1 (DNS rebinding) names itself.
 */
export function isOwnHost(header: string | undefined, configured: string): boolean {
  const host = hostIn(header ?? '');
  if (host === undefined) return false;
  return (
    host === 'localhost' ||
    host === configured.toLowerCase() ||
    (isIP(host) !== 0 && isLoopback(host))
  );
}

/** Its name or address, without the brackets of an IPv6 address and without a port. */
function hostIn(header: string): string | undefined {
  const [, literal, name] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d+)?$/.exec(header) ?? [];
  return (literal ?? name)?.toLowerCase();
}
