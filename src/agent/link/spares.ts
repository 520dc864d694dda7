import { performance } from 'node:perf_hooks';
import type { Spare } from '../service.ts';

/** Milliseconds until a spare that was lost is replaced; they double while that goes on. */
const PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** Milliseconds after which a spare that is lost was a good one. */
const STABLE = 5000;

/** Keeps so many back-connects waiting at the relay, for clients that are yet to come. */
export class Spares {
  readonly #most: number;
  readonly #open: () => Spare;
  readonly #onTaken: (spare: Spare, line: string) => void;
  readonly #onLost: (spare: Spare, error: unknown) => 'again' | 'later';
  readonly #parked = new Set<Spare>();
  #losses = 0;
  #timer: NodeJS.Timeout | undefined;
  #state: 'filling' | 'paused' | 'closed' = 'filling';

  constructor(
    most: number,
    acts: {
      open: () => Spare;
      onTaken: (spare: Spare, line: string) => void;
      /** Whether to replace it at once, since that promises more now, or after a while. */
      onLost: (spare: Spare, error: unknown) => 'again' | 'later';
    },
  ) {
    this.#most = most;
    this.#open = acts.open;
    this.#onTaken = acts.onTaken;
    this.#onLost = acts.onLost;
    this.#fill();
  }

  /** Those that are taken are replaced no more. */
  pause(): void {
    if (this.#state === 'filling') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'filling';
    if (this.#timer === undefined) this.#fill();
  }

  /** Resolves when nothing is left of those that were not taken. */
  async close(): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    const parked = [...this.#parked];
    for (const spare of parked) spare.cut();
    await Promise.allSettled(parked.map(({ taken }) => taken));
  }

  #fill(): void {
    this.#timer = undefined;
    while (this.#state === 'filling' && this.#parked.size < this.#most) this.#park();
  }

  #park(): void {
    const spare = this.#open();
    const since = performance.now();
    this.#parked.add(spare);
    spare.taken.then(
      (line) => {
        this.#parked.delete(spare);
        this.#losses = 0;
        if (this.#timer === undefined) this.#fill();
        this.#onTaken(spare, line);
      },
      (error: unknown) => {
        this.#parked.delete(spare);
        if (this.#state === 'closed') return;
        if (this.#onLost(spare, error) === 'again') this.#fill();
        else this.#replaceLater(performance.now() - since > STABLE);
      },
    );
  }

  #replaceLater(wasStable: boolean): void {
    if (this.#timer !== undefined) return;
    if (wasStable) this.#losses = 0;
    const pause = Math.min(PAUSE * 2 ** this.#losses, LONGEST_PAUSE);
    this.#losses += 1;
    this.#timer = setTimeout(() => this.#fill(), pause);
  }
}
