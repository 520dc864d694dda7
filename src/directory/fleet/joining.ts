import { performance } from 'node:perf_hooks';
import type { Store } from '../store.ts';
import { REACHABLE } from './claiming.ts';
import { nameTaken, noAnswer } from './faults.ts';
import type { FleetCopy } from './fleet-copy.ts';
import type { Membership } from './membership.ts';
import type { Session } from './session.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Milliseconds within which a member joins: one that had its name and died is counted out by then. */
const JOINING = 20_000;

/** What is waited for beside what {@link REACHABLE} stands for. */
export const OWN_ENTRY = 'own entry';

/** Whether the entry of this member's name is not that of somebody who may be alive. */
export function mayHaveEntry(copy: FleetCopy, membership: Membership): boolean {
  const there = copy.member(membership.name);
  return there === undefined || there.isGone || membership.isOwn(there.id);
}

/**
 * Resolves when a directory is of use.
 *
 * @throws RelayError `E_DIRECTORY` where another member of that name shows that it lives, or the store does not answer
 */
export async function joined(
  copy: FleetCopy,
  membership: Membership,
  room: WaitingRoom,
  store: Pick<Store, 'trouble'>,
  isReachable: () => boolean,
): Promise<void> {
  const deadline = performance.now() + JOINING;
  let first: Session | undefined;
  let revision = 0;
  while (!isReachable()) {
    const there = copy.member(membership.name);
    if (there !== undefined && !mayHaveEntry(copy, membership)) {
      if (there === first && there.revision > revision) throw nameTaken(membership.name);
      [first, revision] = [there, there.revision];
    }
    const left = deadline - performance.now();
    if (left <= 0) throw store.trouble ?? noAnswer();
    await room.wait([REACHABLE, OWN_ENTRY], left);
  }
}
