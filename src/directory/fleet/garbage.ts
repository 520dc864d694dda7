import type { Kind } from '../records.ts';
import { type Store, StoreAway } from '../store.ts';
import { keyOf } from './entries.ts';
import type { FleetCopy } from './fleet-copy.ts';
import { isOver } from './right.ts';
import type { Session } from './session.ts';

/** Deletions under way at one time: those who claim are to come first. */
const MOST_AT_ONCE = 64;

/** Milliseconds for which a member that is gone is told of at least. */
const REMEMBERED = 60_000;

/** Deletes what members left behind that are gone, once nobody has a right to it any more. */
export class Garbage {
  readonly #store: Store;
  readonly #copy: FleetCopy;
  readonly #lease: number;
  #isCollecting = false;

  /** @param lease - milliseconds for which heirs alone may take what a session had */
  constructor(store: Store, copy: FleetCopy, lease: number) {
    this.#store = store;
    this.#copy = copy;
    this.#lease = lease;
  }

  /** Some of it; what is left, the next time. */
  async collect(now: number): Promise<void> {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    try {
      await Promise.all(this.#removals(now));
      await this.#store.tidy();
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error;
    } finally {
      this.#isCollecting = false;
    }
  }

  #removals(now: number): Promise<boolean>[] {
    const removals: Promise<boolean>[] = [];
    for (const [key, revision] of this.#garbage(now)) {
      removals.push(this.#store.remove(key, revision));
      if (removals.length === MOST_AT_ONCE) break;
    }
    return removals;
  }

  *#garbage(now: number): Iterable<[key: string, revision: number]> {
    const gone = [...this.#copy.sessions()].filter((session) => session.isGone);
    if (gone.some(({ claims }) => claims > 0)) yield* this.#claims(now);
    for (const session of gone) {
      if (this.#isForgotten(session, now)) {
        yield [keyOf('member', session.member.name), session.revision];
      }
    }
  }

  *#claims(now: number): Iterable<[key: string, revision: number]> {
    for (const kind of ['lease', 'name'] as const satisfies Kind[]) {
      for (const standing of this.#copy.standings.all(kind)) {
        if (isOver(standing, this.#lease, now)) yield [keyOf(kind, standing.id), standing.revision];
      }
    }
  }

  /** Not as long as it has something: whoever saw that of a session without an entry would take it for gone just then. */
  #isForgotten(session: Session, now: number): boolean {
    const { goneAt, claims, member } = session;
    const isListed = this.#copy.member(member.name) === session;
    return goneAt !== undefined && claims === 0 && isListed && now - goneAt >= REMEMBERED;
  }
}
