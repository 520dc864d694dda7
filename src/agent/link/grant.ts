import { formatAddress } from '../../options/values.ts';
import type { Registered } from '../../protocol/extended.ts';
import type { Grant } from './link.ts';

/** What names and addresses are made of: a relay is not to put anything else into shells and logs. */
const HOST = /^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$/;

/** @param dialled - the relay as the agent was told of it, where it has no proper name for itself */
export function grantOf(registered: Registered, dialled: string): Omit<Grant, 'changed'> {
  const { port, name, resumed, lease, limits } = registered;
  const host = proper(registered.host) ?? dialled;
  const address = formatAddress(host, port);
  return {
    host,
    port,
    address,
    name,
    hostName: proper(registered.hostName),
    resumed,
    lease,
    limits,
  };
}

function proper(host = ''): string | undefined {
  return HOST.test(host) ? host : undefined;
}
