import type { Socket } from 'node:net';
import {
  DialError,
  type DialledPair,
  type DialRequest,
  NOTHING_MOVED,
  type PairReport,
  type StreamSocket,
  type TargetRequest,
} from '../data-plane.ts';
import { Pair } from './pair.ts';
import { reset } from './reset.ts';
import { type Dial, dial, settled } from './sockets.ts';
import { overTls } from './tls.ts';

/** Dials both sides at once and joins them. */
export function dialPair({ relay, ...request }: DialRequest): DialledPair {
  return joinWithTarget(dial(relay, true, overTls(relay.tls)), relay.hello, request);
}

/** Dials the target and joins it with a relay side that is dialled already, see {@link bothSides}. */
export function joinWithTarget(
  toRelay: Dial<StreamSocket>,
  hello: string | undefined,
  { target, preface, halfCloseTimeout }: TargetRequest,
): DialledPair {
  const toTarget = dial(target);
  let cut = () => {
    toRelay.abort();
    toTarget.abort();
  };
  let moved = () => NOTHING_MOVED;
  const connected = bothSides(toRelay, toTarget, hello);
  const ended = connected.then(
    ([relaySide, targetSide]) =>
      new Promise<PairReport>((resolve) => {
        if (hello !== undefined) relaySide.write(hello, 'latin1');
        if (preface !== undefined) targetSide.write(preface);
        const pair = new Pair({
          client: relaySide,
          server: targetSide,
          halfCloseTimeout,
          onEnd: resolve,
        });
        cut = () => pair.cut();
        moved = () => ({ bytesToServer: pair.bytesToServer, bytesToClient: pair.bytesToClient });
      }),
  );
  return { dialled: settled(connected), ended, moved: () => moved(), cut: () => cut() };
}

/**
 * When one side cannot be reached, the other is reset: a clean end would pass for
 * an empty answer or request. A hello is not sent then, and the relay knows by that.
 *
 * Without a hello, the relay is dialled to the end all the same when the target fails,
 * and then reset: that spends the waiting client's place in the queue, so the client
 * is told at once and the next one is not paired with a connection meant for it.
 */
async function bothSides(
  toRelay: Dial<StreamSocket>,
  toTarget: Dial,
  hello: string | undefined,
): Promise<[relay: StreamSocket, target: Socket]> {
  const target = toTarget.connected.catch(throwFor('target'));
  const relay = toRelay.connected.catch(throwFor('relay'));
  try {
    if (hello === undefined) await Promise.allSettled([target, relay]);
    const [targetSide, relaySide] = await Promise.all([target, relay]);
    return [relaySide, targetSide];
  } catch (error) {
    toRelay.abort();
    // Not aborted: what is connected at this moment, unknown to us yet, would end cleanly.
    toTarget.connected.then(reset, () => {});
    throw error;
  }
}

function throwFor(side: DialError['side']): (cause: unknown) => never {
  return (cause) => {
    throw new DialError(side, cause);
  };
}
