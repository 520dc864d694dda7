/**
 * Streams that the peer has not accepted yet, of those that it was told of. Peers
 * reset what exceeds their backlog, which is 256 in hashicorp/yamux.
 */
export const BACKLOG = 256;

/** A stream of ours that is yet to be accepted. */
export interface Opening {
  /** Tells the peer of it. */
  begin(): void;
  /** The peer has not accepted it in time. */
  giveUp(): void;
}

/** Streams on their way to the peer: so many at a time, the others wait. Each has its deadline. */
export class Openings {
  readonly #deadline: number;
  readonly #waiting = new Set<Opening>();
  readonly #begun = new Set<Opening>();
  readonly #timers = new Map<Opening, NodeJS.Timeout>();

  /** @param deadline - milliseconds from the opening to the peer's acceptance */
  constructor(deadline: number) {
    this.#deadline = deadline;
  }

  add(opening: Opening): void {
    this.#waiting.add(opening);
    this.#timers.set(
      opening,
      setTimeout(() => opening.giveUp(), this.#deadline),
    );
    this.#beginNext();
  }

  /** The peer has accepted it, which of one that it was not told of means nothing. */
  accepted(opening: Opening): void {
    if (this.#begun.has(opening)) this.settle(opening);
  }

  /** It is over. */
  settle(opening: Opening): void {
    clearTimeout(this.#timers.get(opening));
    this.#timers.delete(opening);
    this.#waiting.delete(opening);
    if (this.#begun.delete(opening)) this.#beginNext();
  }

  #beginNext(): void {
    for (const opening of this.#waiting) {
      if (this.#begun.size >= BACKLOG) return;
      this.#waiting.delete(opening);
      this.#begun.add(opening);
      opening.begin();
    }
  }
}
