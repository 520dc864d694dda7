import type { Socket } from 'node:net';
import { DialError, type DialledPair, type DialRequest, type PairReport } from '../data-plane.ts';
import { Pair } from './pair.ts';
import { reset } from './reset.ts';
import { dial, settled } from './sockets.ts';

/**
 * Dials both sides at once and joins them. When the target cannot be reached
 * the relay is dialled all the same and reset: that spends the waiting client's
 * place in the queue, so the client is told at once and the next one is not
 * paired with a connection meant for it. The other way round the target is
 * reset: a clean end would pass for an empty request.
 */
export function dialPair({ relay, target, halfCloseTimeout }: DialRequest): DialledPair {
  const dials = { relay: dial(relay), target: dial(target) };
  let cut = () => {
    dials.relay.abort();
    dials.target.abort();
  };
  const connected = bothSides(dials.relay.connected, dials.target.connected);
  const ended = connected.then(
    ([relaySide, targetSide]) =>
      new Promise<PairReport>((resolve) => {
        const pair = new Pair({
          client: relaySide,
          server: targetSide,
          halfCloseTimeout,
          onEnd: resolve,
        });
        cut = () => pair.cut();
      }),
  );
  return { dialled: settled(connected), ended, cut: () => cut() };
}

async function bothSides(
  relay: Promise<Socket>,
  target: Promise<Socket>,
): Promise<[relay: Socket, target: Socket]> {
  const [relaySide, targetSide] = await Promise.allSettled([relay, target]);
  if (targetSide.status === 'rejected') {
    if (relaySide.status === 'fulfilled') reset(relaySide.value);
    throw new DialError('target', targetSide.reason);
  }
  if (relaySide.status === 'rejected') {
    reset(targetSide.value);
    throw new DialError('relay', relaySide.reason);
  }
  return [relaySide.value, targetSide.value];
}
