import type { Endpoint } from '../data-plane/data-plane.ts';
import { failure } from '../data-plane/failure.ts';
import { dial } from '../data-plane/portable/sockets.ts';

/**
 * Connects, and leaves at once.
 *
 * @param signal - when it is given up
 * @throws the system's error, `ETIMEDOUT` when it was given up
 */
export async function reach(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  const { connected, abort } = dial(endpoint);
  signal.addEventListener('abort', abort);
  try {
    (await connected).destroy();
  } catch (error) {
    throw signal.aborted ? failure('ETIMEDOUT', 'no answer in time') : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
