import type { ProtocolError } from '../../protocol/error-codes.ts';

/** So many live agents replaced by others with the same key, within so many milliseconds, are no accident. */
const MOST_REPLACEMENTS = 3;
const WITHIN = 60_000;

/**
 * Tells two agents that share a key from one that comes back before its broken
 * connection is noticed: the former replace each other for ever.
 *
 * Times are milliseconds of any monotonic clock.
 */
export class KeySharing {
  #replacements: number[] = [];
  #isShared = false;

  /** Whether a newcomer may replace the agent that is live now; false for as long as that one stays, once it was. */
  mayReplace(now: number): boolean {
    this.#replacements = this.#replacements.filter((at) => now - at < WITHIN);
    this.#isShared ||= this.#replacements.length >= MOST_REPLACEMENTS;
    if (!this.#isShared) this.#replacements.push(now);
    return !this.#isShared;
  }

  /** The live agent has left by itself. */
  left(): void {
    this.#replacements = [];
    this.#isShared = false;
  }
}

/** What the agent that is here is told of the one that is not let in. */
export const KEY_SHARED: ProtocolError = {
  code: 'key-shared',
  message:
    'another agent uses the same key, and both have replaced each other; give each a state file of its own',
};
