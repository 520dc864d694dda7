import { AddressRates } from '../../data-plane/switchboard/address-rates.ts';

/** Wrong tokens that an address may show per second. */
const PER_SECOND = 3;

/** Wrong tokens, by who showed them: too many, and none of that address is looked at for a moment. */
export class Attempts {
  readonly #rates = new AddressRates(PER_SECOND);

  /** @param now - milliseconds of any monotonic clock */
  failed(address: string, now: number): void {
    this.#rates.take(address, now);
  }

  isBarred(address: string, now: number): boolean {
    return this.#rates.delay(address, now) > 0;
  }
}
