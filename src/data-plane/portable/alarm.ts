import { performance } from 'node:perf_hooks';

/** What a timer can be set to: some 24 days. */
const LONGEST = 2 ** 31 - 1;

/** One timer for the earliest of many moments, which are milliseconds of `performance.now()`. */
export class Alarm {
  readonly #act: (now: number) => number;
  #moment = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @param act - may be called too early; returns when to be called again, `Infinity` for never */
  constructor(act: (now: number) => number) {
    this.#act = act;
  }

  /** Goes off at this moment, if not before. */
  at(moment: number): void {
    if (moment >= this.#moment) return;
    clearTimeout(this.#timer);
    this.#moment = moment;
    this.#timer = setTimeout(
      () => {
        this.#moment = Number.POSITIVE_INFINITY;
        this.at(this.#act(performance.now()));
      },
      // Node warns of a time below zero.
      Math.max(0, Math.min(moment - performance.now(), LONGEST)),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#moment = Number.NEGATIVE_INFINITY;
  }
}
