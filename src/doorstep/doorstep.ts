/** Connections that have not said who they are: in all, and of one address where nothing else is said. */
export const MOST_IN_ALL = 1024;
export const MOST_OF_ONE_ADDRESS = 128;

/** Somebody who has not said who he is. */
export interface Stranger {
  readonly address: string;
  /** Newer ones have come. */
  pushOut(): void;
}

/**
 * Who has not said who he is yet, in order of arrival. Where there are too many,
 * the one who has taken longest has to go, of his address or of all: whoever is
 * quick to say who he is gets in, however many stand there for nothing else.
 */
export class Doorstep<Visitor extends Stranger> {
  readonly #all = new Set<Visitor>();
  /** Those who have said who they are, and are yet to be let in: a fleet takes its time when a member has died. */
  readonly #heard = new Set<Visitor>();
  readonly #ofAddress = new Map<string, Set<Visitor>>();
  readonly #most: number;
  readonly #mostOfOneAddress: number;
  readonly #afterReading: (act: () => void) => void;
  #isThinning = false;

  /**
   * @param most - in all, where that is less than {@link MOST_IN_ALL}
   * @param afterReading - does something when all that has arrived by now has been read once
   */
  constructor(
    most: number,
    afterReading: (act: () => void) => void,
    mostOfOneAddress = MOST_OF_ONE_ADDRESS,
  ) {
    this.#most = Math.min(most, MOST_IN_ALL);
    this.#mostOfOneAddress = mostOfOneAddress;
    this.#afterReading = afterReading;
  }

  enter(visitor: Visitor): void {
    const neighbours = this.#ofAddress.get(visitor.address) ?? new Set();
    this.#ofAddress.set(visitor.address, neighbours.add(visitor));
    this.#all.add(visitor);
    if (neighbours.size > this.#mostOfOneAddress || this.size > this.#most) this.#thinOut();
  }

  /** He has said who he is, and waits to be let in. Nobody pushes him out, unless half of those who are here wait so. */
  heard(visitor: Visitor): void {
    if (!this.#all.has(visitor) || this.#heard.size >= this.#most / 2) return;
    this.leave(visitor);
    this.#heard.add(visitor);
  }

  /** He is let in, or has gone. */
  leave(visitor: Visitor): void {
    const neighbours = this.#ofAddress.get(visitor.address);
    neighbours?.delete(visitor);
    if (neighbours?.size === 0) this.#ofAddress.delete(visitor.address);
    this.#all.delete(visitor);
    this.#heard.delete(visitor);
  }

  get size(): number {
    return this.#heard.size + this.#all.size;
  }

  /** Everyone, in order of arrival; those first who wait to be let in. */
  visitors(): Visitor[] {
    return [...this.#heard, ...this.#all];
  }

  /** Not at once: of those that came together, each shall have been heard before one is pushed out. */
  #thinOut(): void {
    if (this.#isThinning) return;
    this.#isThinning = true;
    this.#afterReading(() => {
      this.#isThinning = false;
      for (const neighbours of this.#ofAddress.values()) {
        this.#pushOut(neighbours, neighbours.size - this.#mostOfOneAddress);
      }
      this.#pushOut(this.#all, this.size - this.#most);
    });
  }

  /** So many of them, those who came first. */
  #pushOut(visitors: Iterable<Visitor>, count: number): void {
    let left = count;
    for (const visitor of visitors) {
      if (left <= 0) return;
      left -= 1;
      this.leave(visitor);
      visitor.pushOut();
    }
  }
}
