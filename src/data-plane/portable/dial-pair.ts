import type { Socket } from 'node:net';
import { DialError, type DialledPair, type DialRequest, type PairReport } from '../data-plane.ts';
import { Pair } from './pair.ts';
import { reset } from './reset.ts';
import { dial } from './sockets.ts';

/**
 * Dials both sides at once and joins them. When the target cannot be reached
 * the relay is dialled all the same and reset: that spends the waiting client's
 * place in the queue, so the client is told at once and the next one is not
 * paired with a connection meant for it.
 */
export async function dialPair(request: DialRequest): Promise<DialledPair> {
  const { relay, target, signal } = request;
  const [relaySide, targetSide] = await Promise.allSettled([
    dial(relay, { signal }),
    dial(target, { signal }),
  ]);
  if (targetSide.status === 'rejected') {
    if (relaySide.status === 'fulfilled') reset(relaySide.value);
    throw new DialError('target', targetSide.reason);
  }
  if (relaySide.status === 'rejected') {
    targetSide.value.destroy();
    throw new DialError('relay', relaySide.reason);
  }
  return { ended: join(relaySide.value, targetSide.value, request) };
}

function join(relay: Socket, target: Socket, request: DialRequest): Promise<PairReport> {
  const { halfCloseTimeout, signal } = request;
  return new Promise((resolve) => {
    const pair = new Pair(relay, target, halfCloseTimeout, (report) => {
      signal?.removeEventListener('abort', cut);
      resolve(report);
    });
    const cut = () => pair.cut();
    signal?.addEventListener('abort', cut);
    if (signal?.aborted) cut();
  });
}
