import { setTimeout as sleep } from 'node:timers/promises';

const MILLISECONDS = 2000;

/** Before memory is read: long enough for a garbage collector to come round without being told. */
export function settle(): Promise<void> {
  return sleep(MILLISECONDS);
}
