import { PATIENCE, PATIENCE_OF_A_STRANGER } from './times.ts';

/** What a member sees of the entry of another one's session. */
export interface Sight {
  /** Of the entry. */
  revision: number;
  /** Whether the entry lists this member, so that the session asks for its promise; or is of this member's own name. */
  isListed: boolean;
}

/**
 * What one process knows of another one's session: whether it may count that out, and whether it can promise
 * not to, see docs/fleet.md, "Who owns a name". It has to be kept from the first sight of the session
 * to the end of it, whatever becomes of the process's own session in between.
 *
 * Times are milliseconds of a monotonic clock; it must not be one that can be set.
 */
export class Vigil {
  #sight: Sight;
  #seenAt: number;
  /** Whether the entry has been written since this process sees it. */
  #hasChanged = false;
  #promisedUntil = Number.NEGATIVE_INFINITY;
  /** The revision after which the end of the session was sent, as long as that may be written. */
  #endSentAfter: number | undefined;

  constructor(sight: Sight, now: number) {
    this.#sight = sight;
    this.#seenAt = now;
  }

  /** The entry is seen, maybe not for the first time. */
  seen(sight: Sight, now: number): void {
    if (sight.revision <= this.#sight.revision) return;
    this.#sight = sight;
    this.#seenAt = now;
    this.#hasChanged = true;
    this.#notEndedAfter(sight.revision - 1);
  }

  /**
   * Promises not to count the session out for as long as patience lasts, or says that it cannot. A process that
   * was here by the same name before may have sent the end of the session; it did so after a revision
   * that has passed by the time at which this one sees another.
   */
  promise(now: number): boolean {
    if (!this.#hasChanged || this.#endSentAfter !== undefined) return false;
    this.#promisedUntil = now + PATIENCE;
    return true;
  }

  /** Milliseconds until the session may be counted out, if nothing is seen of it and nothing promised. */
  delay(now: number): number {
    const patience = this.#sight.isListed ? PATIENCE : PATIENCE_OF_A_STRANGER;
    return Math.max(this.#seenAt + patience, this.#promisedUntil) - now;
  }

  /** To be called before the end of the session is sent, if there is no delay. Answers the revision that it has to follow. */
  end(): number {
    this.#endSentAfter = this.#sight.revision;
    return this.#sight.revision;
  }

  /** The store says that the entry has changed since that revision: no end that was to follow it will be written. */
  refused(revision: number): void {
    this.#notEndedAfter(revision);
  }

  #notEndedAfter(revision: number): void {
    if ((this.#endSentAfter ?? Number.POSITIVE_INFINITY) <= revision)
      this.#endSentAfter = undefined;
  }
}
