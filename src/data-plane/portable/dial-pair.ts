import { DialError, type DialledPair, type DialRequest, type PairReport } from '../data-plane.ts';
import { Pair } from './pair.ts';
import { reset } from './reset.ts';
import { dial } from './sockets.ts';

/**
 * Dials both sides at once and joins them. When the target cannot be reached
 * the relay is dialled all the same and reset: that spends the waiting client's
 * place in the queue, so the client is told at once and the next one is not
 * paired with a connection meant for it. The other way round the target is
 * reset: a clean end would pass for an empty request.
 */
export async function dialPair(request: DialRequest): Promise<DialledPair> {
  const { relay, target, halfCloseTimeout } = request;
  const [relaySide, targetSide] = await Promise.allSettled([dial(relay), dial(target)]);
  if (targetSide.status === 'rejected') {
    if (relaySide.status === 'fulfilled') reset(relaySide.value);
    throw new DialError('target', targetSide.reason);
  }
  if (relaySide.status === 'rejected') {
    reset(targetSide.value);
    throw new DialError('relay', relaySide.reason);
  }
  let report: (report: PairReport) => void = () => {};
  const ended = new Promise<PairReport>((resolve) => {
    report = resolve;
  });
  const pair = new Pair(relaySide.value, targetSide.value, halfCloseTimeout, report);
  return { ended, cut: () => pair.cut() };
}
