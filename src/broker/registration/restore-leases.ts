import { nameRefusal } from '../access/names.ts';
import { isExpired } from '../access/token-book.ts';
import type { TokenRights } from '../access/token-rights.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { Refusal } from '../reception/refusal.ts';
import type { ExtendedRegistration } from './extended-registration.ts';
import type { Site } from './site.ts';

/** Opens the registration of a lease without its agent, or tells why not. */
type Reopen = (
  lease: Lease,
  rights: TokenRights | undefined,
) => Promise<ExtendedRegistration | Refusal>;

/** Takes up all leases that are in the state file. Those that cannot be are dropped, and told of. */
export async function restoreLeases(site: Site, reopen: Reopen): Promise<void> {
  const restore = async (lease: Lease) => {
    const reason = flawOf(site, lease) ?? (await takeUp(site, lease, reopen));
    if (reason === undefined) return;
    site.leases.drop(lease.keyHash);
    site.emit('leaseLost', lease.port, reason);
  };
  await Promise.all(site.leases.all().map(restore));
}

/** Why no agent could take this lease up again, if none could. */
function flawOf({ access }: Site, lease: Lease): string | undefined {
  const { token, secured } = lease;
  if (secured !== (access.tls !== undefined)) return 'TLS was turned on or off';
  if (token === undefined) return access.tokenRequired ? 'it was made without a token' : undefined;
  const rights = access.findToken(token);
  if (rights === undefined || isExpired(rights)) return 'its token is good no longer';
  return nameRefusal(lease, rights);
}

/** Tells why not, if it cannot. */
async function takeUp(site: Site, lease: Lease, reopen: Reopen): Promise<string | undefined> {
  const { token } = lease;
  const rights = token === undefined ? undefined : site.access.findToken(token);
  const opened = await reopen(lease, rights);
  if ('cause' in opened) return [opened.cause, opened.detail].filter(Boolean).join(': ');
  void site.claims.claim(opened.lease);
  opened.expire();
  return undefined;
}
