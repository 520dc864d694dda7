/** Milliseconds in which it fills. */
const BURST = 1000;

/** Milliseconds that sums of fractions are off by at most: of three per second, all three may be taken at once. */
const ROUNDING = 1e-4;

/**
 * So many of something per second, and as many at once after a pause.
 *
 * Times are milliseconds of any monotonic clock.
 */
export class TokenBucket {
  readonly perSecond: number;
  /** When it was full for the last time, less what it takes to fill. */
  #since: number;
  /** Since then: a sum of moments would be off by more with each of them. */
  #taken = 0;

  /** It begins full. */
  constructor(perSecond: number, now: number) {
    this.perSecond = perSecond;
    this.#since = now - BURST;
  }

  /** Takes so many, or none if there are fewer. */
  take(count: number, now: number): boolean {
    if (this.delay(count, now) > 0) return false;
    this.#taken += count;
    return true;
  }

  /**
   * Milliseconds until there are so many.
   *
   * @param count - no more than fit in
   */
  delay(count: number, now: number): number {
    const full = now - BURST;
    if (this.#momentOf(this.#taken) <= full) {
      this.#since = full;
      this.#taken = 0;
    }
    const early = this.#momentOf(this.#taken + count) - now;
    return early > ROUNDING ? early : 0;
  }

  /** When so many have come in. */
  #momentOf(count: number): number {
    return this.#since + (count * 1000) / this.perSecond;
  }
}
