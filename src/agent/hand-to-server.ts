import type { Server, Socket } from 'node:net';
import { DialError, type DialledPair, type PairReport } from '../data-plane/data-plane.ts';
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
  signal?: AbortSignal | undefined;
}): Promise<DialledPair> {
  const { relay, target, signal } = request;
  const allowHalfOpen = 'allowHalfOpen' in target && target.allowHalfOpen === true;
  const socket = await dial(relay, { signal, allowHalfOpen }).catch((error: unknown) => {
    throw new DialError('relay', error);
  });
  const ended = endOf(socket, signal);
  target.emit('connection', socket);
  return { ended };
}

async function endOf(socket: Socket, signal: AbortSignal | undefined): Promise<PairReport> {
  const cut = () => reset(socket);
  signal?.addEventListener('abort', cut);
  if (signal?.aborted) cut();
  let failed = false;
  socket.on('error', () => {
    failed = true;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  signal?.removeEventListener('abort', cut);
  return {
    bytesToServer: socket.bytesRead,
    bytesToClient: socket.bytesWritten,
    ending: signal?.aborted ? 'cut' : failed ? 'client-reset' : 'eof',
  };
}
