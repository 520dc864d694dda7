import type { Moved } from '../data-plane/data-plane.ts';

/** Milliseconds that a rate is measured over: shorter ones jump, longer ones lag. */
const SPAN = 3_000;

interface Sample extends Moved {
  at: number;
}

/** Bytes per second each way, out of totals that somebody looks at now and then. */
export class Meter {
  #samples: Sample[] = [];

  /** @param now - milliseconds of any monotonic clock */
  look({ bytesToServer, bytesToClient }: Moved, now: number): void {
    const last = this.#samples.at(-1);
    // What has become less belongs to an agent that was started again.
    if (
      last !== undefined &&
      bytesToServer + bytesToClient < last.bytesToServer + last.bytesToClient
    ) {
      this.#samples = [];
    }
    this.#samples.push({ at: now, bytesToServer, bytesToClient });
    while ((this.#samples[1]?.at ?? now) <= now - SPAN) this.#samples.shift();
  }

  /** Undefined as long as there is nothing to compare. */
  get rates(): Moved | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return undefined;
    const perSecond = (way: keyof Moved) =>
      ((last[way] - first[way]) * 1000) / (last.at - first.at);
    return { bytesToServer: perSecond('bytesToServer'), bytesToClient: perSecond('bytesToClient') };
  }
}
