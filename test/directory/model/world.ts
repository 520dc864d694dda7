interface Happening {
  at: number;
  act: () => void;
}

/** Time that passes only from one event to the next, and chance that can be had again by its seed. */
export class World {
  /** Milliseconds of real time. */
  time = 0;
  /** Called after each event. */
  onEvent = (): void => {};
  /** By time; of those of one time, in the order in which they came. */
  readonly #happenings: Happening[] = [];
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** From 0 up to 1 (mulberry32). */
  chance(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  after(delay: number, act: () => void): void {
    const at = this.time + delay;
    let [low, high] = [0, this.#happenings.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#happenings[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    this.#happenings.splice(low, 0, { at, act });
  }

  run(until: number): void {
    for (let next = this.#happenings[0]; next && next.at <= until; next = this.#happenings[0]) {
      this.#happenings.shift();
      this.time = next.at;
      next.act();
      this.onEvent();
    }
  }
}
