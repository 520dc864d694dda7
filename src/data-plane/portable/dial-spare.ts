import {
  DialError,
  type DialledPair,
  type DialledSpare,
  type SpareRequest,
  type TargetRequest,
} from '../data-plane.ts';
import { NoFirstLine } from '../first-line.ts';
import { SPARE_KEEP_ALIVE_SECONDS } from '../limits.ts';
import { joinWithTarget } from './dial-pair.ts';
import { readFirstLine } from './first-line.ts';
import { reset } from './reset.ts';
import { type Dial, dial } from './sockets.ts';
import { overTls } from './tls.ts';

/** Dials the relay and waits there to be taken. */
export function dialSpare({ relay }: SpareRequest): DialledSpare {
  return dialSpareFor(relay, (toRelay, request: TargetRequest) =>
    joinWithTarget(toRelay, undefined, request),
  );
}

/** A spare for whatever is to be done with the connection. */
export function dialSpareFor<Request>(
  relay: SpareRequest['relay'],
  join: (toRelay: Dial, request: Request) => DialledPair,
): Pick<DialledSpare, 'taken' | 'cut'> & { serve(request: Request): DialledPair } {
  const toRelay = dial(relay, true, overTls(relay.tls));
  let { abort: cut } = toRelay;
  const line = toRelay.connected.then(async (socket) => {
    socket.setKeepAlive(true, SPARE_KEEP_ALIVE_SECONDS * 1000);
    if (relay.hello !== undefined) socket.write(relay.hello, 'latin1');
    try {
      return await readFirstLine(socket, relay.hello === undefined ? new NoFirstLine() : undefined);
    } catch (error) {
      reset(socket);
      throw error;
    }
  });
  return {
    taken: line.catch((cause: unknown) => {
      throw new DialError('relay', cause);
    }),
    serve(request) {
      const pair = join(toRelay, request);
      cut = pair.cut;
      return pair;
    },
    cut: () => cut(),
  };
}
