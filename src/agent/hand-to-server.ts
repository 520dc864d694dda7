import type { Server } from 'node:net';
import {
  DialError,
  type DialledPair,
  type PairEnding,
  type PairReport,
} from '../data-plane/data-plane.ts';
import { reset } from '../data-plane/portable/reset.ts';
import { dial, settled } from '../data-plane/portable/sockets.ts';

/**
 * Dials the relay and gives the connection to a server object as if it had
 * accepted it. No byte is copied: the server reads and writes the socket
 * itself, which is why `allowHalfOpen` is the server's choice here.
 */
export function handToServer(request: {
  relay: { host: string; port: number };
  target: Server;
}): DialledPair {
  const { relay, target } = request;
  const allowHalfOpen = 'allowHalfOpen' in target && target.allowHalfOpen === true;
  const { connected, abort } = dial(relay, allowHalfOpen);
  let cut = abort;
  const ended = connected.then(
    (socket) =>
      new Promise<PairReport>((resolve) => {
        let ending: PairEnding = 'eof';
        const over = (how: PairEnding) => {
          if (ending === 'eof') ending = how;
        };
        cut = () => {
          over('cut');
          reset(socket);
        };
        socket.on('error', () => over('client-reset'));
        socket.once('close', () => {
          if (!socket.readableEnded || !socket.writableFinished) over('server-reset');
          resolve({ bytesToServer: socket.bytesRead, bytesToClient: socket.bytesWritten, ending });
        });
        target.emit('connection', socket);
      }),
    (error: unknown) => {
      throw new DialError('relay', error);
    },
  );
  return { dialled: settled(connected), ended, cut: () => cut() };
}
