import { performance } from 'node:perf_hooks';
import { RelayError } from '../../errors.ts';
import { adviceOn } from './faults.ts';

/** Milliseconds for which it has to go on: leaders are elected, and servers change. */
const LASTING = 5000;

/** Milliseconds between two times at which it is told. */
const PAUSE = 60_000;

/** Tells operators why NATS does not do what is asked of it, where that goes on. */
export class Trouble {
  readonly #report: (error: RelayError) => void;
  #since: number | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(report: (error: RelayError) => void) {
    this.#report = report;
  }

  /** NATS did not do it. */
  about(reason: string): void {
    const now = performance.now();
    this.#since ??= now;
    if (now - this.#since < LASTING || now - this.#toldAt < PAUSE) return;
    this.#toldAt = now;
    this.#report(
      new RelayError(
        'E_DIRECTORY',
        `NATS does not do what this relay asks of it: ${reason}. ${adviceOn(reason)}`,
      ),
    );
  }

  /** It did. */
  over(): void {
    this.#since = undefined;
  }
}
