import { TokenBucket } from '../token-bucket.ts';

/**
 * Addresses that are remembered at least: those that came last; at most twice as many.
 * Somebody with more than so many to come from gets past the rate of an address in any case.
 */
const REMEMBERED = 8 * 1024;

/** A {@link TokenBucket} for each address. */
export class AddressRates {
  readonly perSecond: number;
  #recent = new Map<string, TokenBucket>();
  /** Those from before, to be forgotten together when there are as many new ones. */
  #older = new Map<string, TokenBucket>();

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** Whether one more may come of this address. */
  take(address: string, now: number): boolean {
    return this.#bucketOf(address, now).take(1, now);
  }

  /** Milliseconds until one more may come of this address. */
  delay(address: string, now: number): number {
    const bucket = this.#recent.get(address) ?? this.#older.get(address);
    return bucket?.delay(1, now) ?? 0;
  }

  #bucketOf(address: string, now: number): TokenBucket {
    const recent = this.#recent.get(address);
    if (recent !== undefined) return recent;
    const bucket = this.#older.get(address) ?? new TokenBucket(this.perSecond, now);
    if (this.#recent.size >= REMEMBERED) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(address, bucket);
    return bucket;
  }
}
