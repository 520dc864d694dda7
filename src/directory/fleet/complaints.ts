import { performance } from 'node:perf_hooks';
import type { RelayError } from '../../errors.ts';
import { unreadable } from './faults.ts';

/** Milliseconds between two of them. */
const PAUSE = 60_000;

/** Complains of entries that nobody can read, now and then: whoever writes one can write as many as there is room for. */
export class Complaints {
  readonly #report: (error: RelayError) => void;
  #madeAt = Number.NEGATIVE_INFINITY;

  constructor(report: (error: RelayError) => void) {
    this.#report = report;
  }

  about(key: string): void {
    const now = performance.now();
    if (now - this.#madeAt < PAUSE) return;
    this.#madeAt = now;
    this.#report(unreadable(key));
  }
}
