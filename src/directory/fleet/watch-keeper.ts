import { performance } from 'node:perf_hooks';
import { type Store, StoreAway } from '../store.ts';
import { PATIENCE, PATIENCE_OF_A_STRANGER, RENEWAL } from '../tenure/times.ts';
import { formatEntry, keyOf } from './entries.ts';
import type { FleetCopy } from './fleet-copy.ts';
import type { Session } from './session.ts';

/** Milliseconds after which a member is said to be silent: two renewals, and what they take. */
const SILENCE = 2 * RENEWAL + 200;

/** Milliseconds by which this process is late, and those it then takes to hear what it has missed. */
const LATE = 1000;
const CATCHING_UP = 1000;

/** Sees to it that sessions are counted out whose tenure is over, see docs/fleet.md, "Who owns a name". */
export class WatchKeeper {
  readonly #store: Store;
  readonly #copy: FleetCopy;
  readonly #onSilence: (session: Session) => void;
  readonly #ending = new Set<Session>();
  /** When this process has heard of those who live, if it was deaf. */
  #deafUntil = 0;
  #lookedAt = 0;

  /** @param onSilence - what is known of a session is that it is silent */
  constructor(store: Store, copy: FleetCopy, onSilence: (session: Session) => void) {
    this.#store = store;
    this.#copy = copy;
    this.#onSilence = onSilence;
  }

  /** From now on it is listened to others, as if for the first time: those who live may just be about to be heard again. */
  listens(): void {
    this.#deafUntil = performance.now() + PATIENCE;
  }

  /**
   * To be called several times between two renewals.
   *
   * @param mayEnd - whether a session is one that this process may count out
   */
  look(mayEnd: (session: Session) => boolean): void {
    const now = performance.now();
    // What came while this process was stopped is yet to be read.
    const isLate = now - this.#lookedAt > LATE;
    if (isLate) this.#deafUntil = Math.max(this.#deafUntil, now + CATCHING_UP);
    this.#lookedAt = now;
    if (!this.#copy.isComplete) return;
    for (const session of this.#copy.sessions()) {
      if (!session.isGone && mayEnd(session)) this.#lookAt(session, now);
    }
  }

  #lookAt(session: Session, now: number): void {
    if (session.member.state === 'live' && now - session.heardAt > SILENCE) {
      session.becomes('silent');
      this.#onSilence(session);
    }
    if (session.vigil.delay(now) > 0 || now < this.#deafUntil) return;
    if (this.#copy.member(session.member.name) !== session) this.#endUnlisted(session, now);
    else if (!this.#ending.has(session)) void this.#end(session, session.vigil.end());
  }

  /** Without an entry there is nothing to be written that it would see: it is over only when it could not live on promises. */
  #endUnlisted(session: Session, now: number): void {
    if (now - session.heardAt >= PATIENCE_OF_A_STRANGER) this.#copy.end(session);
  }

  async #end(session: Session, after: number): Promise<void> {
    const { name, session: id, link, load, isDraining } = session.member;
    const key = keyOf('member', name);
    const value = formatEntry({
      ...{ session: id, state: 'gone', link, load, isDraining },
      ...{ knows: [], beat: 0 },
    });
    this.#ending.add(session);
    try {
      const revision = await this.#store.write(key, value, after);
      if (revision === undefined) session.vigil.refused(after);
      else this.#copy.wrote(key, value, revision);
    } catch (error) {
      // It may be written, or may be yet: until that is known, nothing is promised.
      if (!(error instanceof StoreAway)) throw error;
    } finally {
      this.#ending.delete(session);
    }
  }
}
