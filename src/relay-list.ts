/** Milliseconds that a relay has to answer while there are others to try. One whose machine is gone does not even refuse. */
export const PATIENCE = 2000;

/**
 * Relays that do as well as one another, of which one is tried at a time. Their order is drawn: those who are
 * given the same list spread over it, also when they leave a relay together.
 */
export class RelayList {
  readonly #order: readonly string[];
  #at = 0;

  /** @param random - from 0 up to 1 */
  constructor(relays: readonly string[], random = Math.random) {
    this.#order = shuffled(new Set(relays), random);
  }

  get size(): number {
    return this.#order.length;
  }

  get current(): string {
    return this.#order[this.#at] ?? '';
  }

  /** Goes on to the next one, unless somebody else has left this one already. */
  leave(relay: string): void {
    if (relay === this.current) this.#at = (this.#at + 1) % this.size;
  }

  /** Goes on from this one, if it is in the list. */
  turnTo(relay: string): void {
    const at = this.#order.indexOf(relay);
    if (at >= 0) this.#at = at;
  }
}

/** Each order is as likely as any other (Fisher and Yates). */
function shuffled(relays: ReadonlySet<string>, random: () => number): string[] {
  const left = [...relays];
  const order: string[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}
