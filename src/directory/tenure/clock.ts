import { performance } from 'node:perf_hooks';

/** Both clocks of this process, in milliseconds. */
export interface Clocks {
  /** Stands still while the machine is suspended. */
  readonly monotonic: number;
  /** Can be set. */
  readonly wall: number;
}

/** More than the wall clock moves ahead between two looks by being adjusted, or by having whole milliseconds only. */
const LEAP = 50;

/**
 * Milliseconds for judging one's own time: never too few, as they go on by whichever clock moved further. That a
 * wall clock is set back later does not take back what it told.
 *
 * Not for judging another's time, where they must not be too many: that takes the monotonic clock alone.
 */
export class Clock {
  readonly #read: () => Clocks;
  #last: Clocks;
  #leapt = 0;

  constructor(read: () => Clocks = () => ({ monotonic: performance.now(), wall: Date.now() })) {
    this.#read = read;
    this.#last = read();
  }

  /** To be asked every now and then, or a suspension is forgotten for a clock that is set back after it. */
  now(): number {
    const { monotonic, wall } = this.#read();
    const ahead = wall - this.#last.wall - (monotonic - this.#last.monotonic);
    if (ahead > LEAP) this.#leapt += ahead;
    this.#last = { monotonic, wall };
    return monotonic + this.#leapt;
  }
}
