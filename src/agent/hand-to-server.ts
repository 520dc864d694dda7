import type { Server } from 'node:net';
import {
  DialError,
  type DialledPair,
  type PairEnding,
  type PairReport,
} from '../data-plane/data-plane.ts';
import { reset } from '../data-plane/portable/reset.ts';
import { dial } from '../data-plane/portable/sockets.ts';

/**
 * Dials the relay and gives the connection to a server object as if it had
 * accepted it. No byte is copied: the server reads and writes the socket
 * itself, which is why `allowHalfOpen` is the server's choice here.
 */
export async function handToServer(request: {
  relay: { host: string; port: number };
  target: Server;
}): Promise<DialledPair> {
  const { relay, target } = request;
  const allowHalfOpen = 'allowHalfOpen' in target && target.allowHalfOpen === true;
  const socket = await dial(relay, allowHalfOpen).catch((error: unknown) => {
    throw new DialError('relay', error);
  });
  let ending: PairEnding = 'eof';
  socket.on('error', () => {
    if (ending === 'eof') ending = 'client-reset';
  });
  const ended = new Promise<PairReport>((resolve) => {
    socket.once('close', () =>
      resolve({ bytesToServer: socket.bytesRead, bytesToClient: socket.bytesWritten, ending }),
    );
  });
  target.emit('connection', socket);
  return {
    ended,
    cut() {
      if (socket.destroyed) return;
      ending = 'cut';
      reset(socket);
    },
  };
}
