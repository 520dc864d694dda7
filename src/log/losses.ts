import { INTERVAL } from './throttle.ts';

/**
 * Counts what is lost, and has it told: the first at once, and from then on the number of all, not more often than other entries
 * of one cause. What was lost last is told as well, by {@link close} at the latest.
 */
export class Losses<Detail> {
  readonly #tell: (count: number, last: Detail) => void;
  #count = 0;
  #untold: Detail | undefined;
  #pause: NodeJS.Timeout | undefined;

  /** @param tell - given the number of all so far, and the detail of the last one */
  constructor(tell: (count: number, last: Detail) => void) {
    this.#tell = tell;
  }

  add(count: number, detail: Detail): void {
    this.#count += count;
    this.#untold = detail;
    if (this.#pause === undefined) this.#sayAndPause();
  }

  /** To be called when nothing more can be lost. */
  close(): void {
    clearTimeout(this.#pause);
    this.#say();
  }

  #sayAndPause(): void {
    this.#pause = undefined;
    if (!this.#say()) return;
    this.#pause = setTimeout(() => this.#sayAndPause(), INTERVAL);
    this.#pause.unref();
  }

  #say(): boolean {
    if (this.#untold === undefined) return false;
    this.#tell(this.#count, this.#untold);
    this.#untold = undefined;
    return true;
  }
}
