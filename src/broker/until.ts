import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two looks. */
const LOOK = 5;

/** Resolves when something is so, or so many milliseconds are over. */
export async function until(isSo: () => boolean, milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!isSo() && performance.now() < deadline) await delay(LOOK);
}
