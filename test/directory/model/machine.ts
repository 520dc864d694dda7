import type { Clocks } from '#src/directory/tenure/clock.ts';
import type { World } from './world.ts';

/** Where one process after another runs by the same name: its clocks, and how it stops for a while. */
export class Machine {
  readonly name: string;
  readonly #world: World;
  readonly #rate: number;
  #awakeAt = 0;
  /** Real milliseconds for which the monotonic clock stood still. */
  #suspended = 0;
  #wallSet = 0;

  /**
   * @param rate - of its clocks: 1 is that of real time
   */
  constructor(name: string, rate: number, world: World) {
    this.name = name;
    this.#rate = rate;
    this.#world = world;
  }

  read(): Clocks {
    const { time } = this.#world;
    return {
      monotonic: (time - this.#suspended) * this.#rate,
      wall: time * this.#rate + this.#wallSet,
    };
  }

  /** Stops all that runs on it; what comes for it waits. */
  pause(duration: number): void {
    this.#awakeAt = Math.max(this.#awakeAt, this.#world.time + duration);
  }

  suspend(duration: number): void {
    if (this.isAsleep) return;
    this.pause(duration);
    this.#world.after(duration, () => {
      this.#suspended += duration;
    });
  }

  get isAsleep(): boolean {
    return this.#awakeAt > this.#world.time;
  }

  /**
   * Not while it sleeps, and looked at before and after: a clock that is set back between the last look before a
   * sleep and the first one after it would hide for how long it slept.
   */
  setWall(by: number, look: () => void): void {
    if (this.isAsleep) return;
    look();
    this.#wallSet += by;
    look();
  }

  /** Calls back as soon as the machine runs, and not before a delay by its clock is over. */
  after(delay: number, act: () => void): void {
    this.#world.after(delay / this.#rate, () => this.whenAwake(act));
  }

  whenAwake(act: () => void): void {
    const sleeps = this.#awakeAt - this.#world.time;
    if (sleeps <= 0) act();
    else this.#world.after(sleeps + 3 * this.#world.chance(), () => this.whenAwake(act));
  }
}
