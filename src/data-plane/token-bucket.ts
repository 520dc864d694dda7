/**
 * So many of something per second, and as many at once after a pause.
 *
 * Times are milliseconds of any monotonic clock.
 */
export class TokenBucket {
  readonly perSecond: number;
  #tokens: number;
  #countedAt: number;

  /** It begins full. */
  constructor(perSecond: number, now: number) {
    this.perSecond = perSecond;
    this.#tokens = perSecond;
    this.#countedAt = now;
  }

  /** Takes so many, or none if there are fewer. */
  take(count: number, now: number): boolean {
    this.#fill(now);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Milliseconds until there are so many; for ever if there never are. */
  delay(count: number, now: number): number {
    this.#fill(now);
    if (count > this.perSecond) return Number.POSITIVE_INFINITY;
    return Math.max(0, ((count - this.#tokens) / this.perSecond) * 1000);
  }

  #fill(now: number): void {
    const filled = this.#tokens + ((now - this.#countedAt) / 1000) * this.perSecond;
    this.#tokens = Math.min(this.perSecond, filled);
    this.#countedAt = now;
  }
}
