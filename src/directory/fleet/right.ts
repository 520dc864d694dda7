import { isMoving, type Kind, type NameRecord, type Records } from '../records.ts';
import type { HeldStanding } from '../standings.ts';
import type { Session } from './session.ts';

/** Who wants to have what another one has, and since when. */
export interface Claimant {
  heir: string | undefined;
  askedAt: number;
}

/**
 * Whether it may be taken: by the rule of docs/fleet.md, "Who owns a name". `later`: that is known as soon as
 * its member is heard of or counted out.
 */
export type Right = 'free' | 'taken' | 'later';

/** @param lease - milliseconds for which heirs alone may take what a session had that is gone */
export function rightTo<K extends Kind>(
  standing: HeldStanding<K, Session>,
  { heir, askedAt }: Claimant,
  lease: number,
  now: number,
): Right {
  const { kind, record, holder } = standing;
  const inherits = isHeir(kind, record, heir);
  if (inherits && isMoving(kind, record)) return 'free';
  const isFreeOnceGone = inherits || !hasHeirs(kind, record);
  if (holder.isGone) return isFreeOnceGone || isOver(standing, lease, now) ? 'free' : 'taken';
  // A member that has just died looks as one that lives, until it was to be heard of and was not.
  return isFreeOnceGone && holder.heardAt < askedAt ? 'later' : 'taken';
}

/** Whether its member is gone, and the time of its heirs over. */
export function isOver(standing: HeldStanding<Kind, Session>, lease: number, now: number): boolean {
  const { kind, record, holder } = standing;
  if (holder.goneAt === undefined) return false;
  return !hasHeirs(kind, record) || now - holder.goneAt >= lease;
}

/** Whoever knows of a lease has its key. */
function isHeir<K extends Kind>(kind: K, record: Records[K], heir: string | undefined): boolean {
  return kind === 'lease' || (heir !== undefined && heir === (record as NameRecord).heir);
}

function hasHeirs<K extends Kind>(kind: K, record: Records[K]): boolean {
  return kind === 'lease' || (record as NameRecord).heir !== undefined;
}
