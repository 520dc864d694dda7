/**
 * Tells when something has not come in time, behind what has: a process that was held up fires its timers before it
 * reads, and what it has yet to read may have come long before.
 */
export class Deadline {
  #timer: NodeJS.Timeout | undefined;
  #verdict: NodeJS.Immediate | undefined;

  /** Whether something is waited for. */
  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** So many milliseconds from now, in place of what was set. */
  set(milliseconds: number, missed: () => void): void {
    this.clear();
    this.#timer = setTimeout(() => {
      this.#verdict = setImmediate(missed);
    }, milliseconds);
  }

  /** It has come, or is waited for no longer. */
  clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#verdict);
    this.#timer = undefined;
  }
}
