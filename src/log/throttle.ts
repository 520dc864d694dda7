/** Milliseconds between two entries of the same cause: for what strangers do, and for what this machine lacks. */
export const INTERVAL = 10_000;
export const HOUR = 3_600_000;

/** Lets one entry per cause through in a while, so that a flood of refusals does not fill the disk. */
export class Throttle {
  readonly #last = new Map<string, { at: number; held: number }>();
  readonly #interval: number;

  constructor(interval = INTERVAL) {
    this.#interval = interval;
  }

  /**
   * Undefined when the entry is to be held back, else the number held back since the last one.
   *
   * @param cause - one of a fixed few, never anything that a stranger can vary
   * @param now - milliseconds of any monotonic clock
   */
  pass(cause: string, now: number): number | undefined {
    const last = this.#last.get(cause);
    if (last !== undefined && now - last.at < this.#interval) {
      last.held += 1;
      return undefined;
    }
    this.#last.set(cause, { at: now, held: 0 });
    return last?.held ?? 0;
  }
}
