import { within } from '../within.ts';

/** Milliseconds that the data plane gets to answer. */
const PATIENCE = 2_000;

/** A thread that hangs answers nobody; one that is busy does, and soon. */
export function isAlive(relay: { answers(): Promise<void> }): Promise<boolean> {
  const answered = relay.answers().then(() => true);
  return within(PATIENCE, answered).catch(() => false);
}
