import { TokenBucket } from '../token-bucket.ts';

/**
 * Addresses that are remembered: those that came last. Somebody with more than
 * so many to come from gets past the rate of an address in any case.
 */
const MOST_REMEMBERED = 16 * 1024;

/** A {@link TokenBucket} for each address. */
export class AddressRates {
  readonly perSecond: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** Whether one more may come of this address. */
  take(address: string, now: number): boolean {
    const bucket = this.#buckets.get(address) ?? new TokenBucket(this.perSecond, now);
    // Back to the end, so that the first is the one that has not come for longest.
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    if (this.#buckets.size > MOST_REMEMBERED) this.#forgetFirst();
    return bucket.take(1, now);
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  #forgetFirst(): void {
    for (const address of this.#buckets.keys()) {
      this.#buckets.delete(address);
      return;
    }
  }
}
