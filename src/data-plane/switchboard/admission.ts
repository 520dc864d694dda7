import { AddressList } from '../address-list.ts';
import type { ClientLimits, ClientRefusal } from '../data-plane.ts';
import { TokenBucket } from '../token-bucket.ts';
import { AddressRates } from './address-rates.ts';

/** Whether a client is let in: by its address, by who is here already, and by how many came of late. */
export class Admission {
  #limits: ClientLimits;
  #allowed: AddressList[] = [];
  #denied: AddressList | undefined;
  #rate: TokenBucket | undefined;
  #ratePerAddress: AddressRates | undefined;
  /** How many are here, of each address and in all. */
  readonly #here = new Map<string, number>();
  #count = 0;

  constructor(limits: ClientLimits, now: number) {
    this.#limits = limits;
    this.limit(limits, now);
  }

  /** From now on. Throws a RangeError for what is no address and no CIDR block. */
  limit(limits: ClientLimits, now: number): void {
    const { allow, deny, rate, ratePerAddress } = limits;
    this.#allowed = allow.map((list) => new AddressList(list));
    this.#denied = deny.length > 0 ? new AddressList(deny) : undefined;
    if (rate !== this.#rate?.perSecond) {
      this.#rate = rate === undefined ? undefined : new TokenBucket(rate, now);
    }
    if (ratePerAddress !== this.#ratePerAddress?.perSecond) {
      this.#ratePerAddress =
        ratePerAddress === undefined ? undefined : new AddressRates(ratePerAddress);
    }
    this.#limits = limits;
  }

  /** Lets a client in, until it {@link Admission.leave}s, or says why not. */
  enter(address: string, now: number): ClientRefusal | undefined {
    const cause = this.#refusalOf(address, now);
    if (cause !== undefined) return cause;
    this.#here.set(address, this.#hereOf(address) + 1);
    this.#count += 1;
    return undefined;
  }

  leave(address: string): void {
    const others = this.#hereOf(address) - 1;
    if (others > 0) this.#here.set(address, others);
    else this.#here.delete(address);
    this.#count -= 1;
  }

  /** The rates come last, as asking uses them up: first the one that others do not share. */
  #refusalOf(address: string, now: number): ClientRefusal | undefined {
    const { clients, clientsPerAddress = Number.POSITIVE_INFINITY } = this.#limits;
    if (!this.#mayCome(address)) return 'denied';
    if (this.#count >= clients) return 'limit';
    if (this.#hereOf(address) >= clientsPerAddress) return 'address-limit';
    if (this.#ratePerAddress?.take(address, now) === false) return 'rate';
    if (this.#rate?.take(1, now) === false) return 'rate';
    return undefined;
  }

  #mayCome(address: string): boolean {
    if (this.#denied?.has(address)) return false;
    return this.#allowed.every((list) => list.has(address));
  }

  #hereOf(address: string): number {
    return this.#here.get(address) ?? 0;
  }
}
