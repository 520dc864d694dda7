/** Milliseconds in which it fills. */
const BURST = 1000;

/**
 * So many of something per second, and as many at once after a pause.
 *
 * Times are milliseconds of any monotonic clock.
 */
export class TokenBucket {
  readonly perSecond: number;
  /** All that came in up to this moment have been taken. */
  #takenUntil: number;

  /** It begins full. */
  constructor(perSecond: number, now: number) {
    this.perSecond = perSecond;
    this.#takenUntil = now - BURST;
  }

  /** Takes so many, or none if there are fewer. */
  take(count: number, now: number): boolean {
    const until = this.#until(count, now);
    if (until > now) return false;
    this.#takenUntil = until;
    return true;
  }

  /**
   * Milliseconds until there are so many.
   *
   * @param count - no more than fit in
   */
  delay(count: number, now: number): number {
    return Math.max(0, this.#until(count, now) - now);
  }

  /** The moment up to which so many more would take it. */
  #until(count: number, now: number): number {
    return Math.max(this.#takenUntil, now - BURST) + (count * 1000) / this.perSecond;
  }
}
