/** Seconds that the plots show. */
export const WINDOW = 300;

/** What the plots draw of one moment; without figures where nothing is known, which leaves a gap. */
export interface Moment {
  /** Seconds since 1970, by the broker's clock. */
  at: number;
  figures?: { toClients: number; toServers: number; paired: number; waiting: number };
}

/** What was in the last minutes. It outlives the connection to the broker, and shows where that was gone. */
export class History {
  #moments: Moment[] = [];

  add(moment: Required<Moment>): void {
    // A clock that was set back would draw the lines across each other.
    const before = this.#moments.filter(({ at }) => at < moment.at && at > moment.at - WINDOW);
    this.#moments = [...before, moment];
  }

  /** Puts what the broker remembers in the place of what was seen of it, or missed. */
  recall(past: readonly Moment[]): void {
    const [first, last] = [past.at(0), past.at(-1)];
    if (first === undefined || last === undefined) return;
    const [before, after] = [
      this.#moments.filter(({ at }) => at < first.at),
      this.#moments.filter(({ at }) => at > last.at),
    ];
    this.#moments = [...before, ...past, ...after];
  }

  /** Nothing is known from here on. */
  interrupt(): void {
    const last = this.#moments.at(-1);
    if (last?.figures) this.#moments = [...this.#moments, { at: last.at + 0.001 }];
  }

  get moments(): readonly Moment[] {
    return this.#moments;
  }
}
