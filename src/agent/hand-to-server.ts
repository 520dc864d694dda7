import type { Server, Socket } from 'node:net';
import {
  DialError,
  type DialledPair,
  NOTHING_MOVED,
  type PairEnding,
  type PairReport,
  type Side,
  type StreamSocket,
} from '../data-plane/data-plane.ts';
import { reset } from '../data-plane/portable/reset.ts';
import { bytesTaken, type Dial, settled } from '../data-plane/portable/sockets.ts';

/** What a server can take for a socket that it has accepted. */
export type ServedSocket = StreamSocket &
  Pick<Socket, 'allowHalfOpen' | 'bytesRead' | 'bytesWritten'>;

/**
 * Gives a connection to the relay to a server object as if it had accepted it.
 * No byte is copied: the server reads and writes the socket itself, which is why
 * `allowHalfOpen` is the server's choice here.
 *
 * @param hello - a line that the relay gets first
 * @param preface - bytes that the server gets before any of the client's
 */
export function handToServer(
  toRelay: Dial<ServedSocket>,
  hello: string | undefined,
  server: Server,
  preface: Uint8Array | undefined,
): DialledPair {
  let cut = toRelay.abort;
  let moved = () => NOTHING_MOVED;
  const ended = toRelay.connected.then(
    (socket) => {
      if (hello !== undefined) socket.write(hello, 'latin1');
      const watched = watch(socket);
      cut = watched.cut;
      moved = watched.moved;
      emitTo(server, socket, preface);
      return watched.ended;
    },
    (error: unknown) => {
      throw new DialError('relay', error);
    },
  );
  const dialled = settled(toRelay.connected);
  return { dialled, ended, moved: () => moved(), cut: () => cut() };
}

/** What becomes of a socket. Bytes that were read or written before are no traffic. */
function watch(socket: ServedSocket): Pick<DialledPair, 'ended' | 'moved' | 'cut'> {
  const before = { read: bytesTaken(socket), written: socket.bytesWritten };
  const moved = () => ({
    bytesToServer: socket.bytesRead - before.read,
    bytesToClient: socket.bytesWritten - before.written,
  });
  let firstEnd: Side | undefined = socket.readableEnded ? 'client' : undefined;
  const endedBy = (side: Side) => {
    firstEnd ??= side;
  };
  let ending: PairEnding = socket.destroyed ? 'client-reset' : 'eof';
  const over = (how: PairEnding) => {
    if (ending === 'eof') ending = how;
  };
  const ended = new Promise<PairReport>((resolve) => {
    const report = () => {
      if (!socket.readableEnded || !socket.writableFinished) over('server-reset');
      resolve({ ...moved(), ending, firstEnd });
    };
    socket.once('end', () => endedBy('client')).once('finish', () => endedBy('server'));
    socket.on('error', () => over('client-reset'));
    if (socket.closed) report();
    else socket.once('close', report);
  });
  const cut = () => {
    over('cut');
    reset(socket);
  };
  return { ended, moved, cut };
}

/** A spare may have ended, or failed, before its server is there to hear of it. */
function emitTo(server: Server, socket: ServedSocket, preface: Uint8Array | undefined): void {
  if (socket.destroyed) return;
  socket.allowHalfOpen = 'allowHalfOpen' in server && server.allowHalfOpen === true;
  if (preface !== undefined && !socket.readableEnded) socket.unshift(preface);
  server.emit('connection', socket);
  if (!socket.readableEnded) return;
  process.nextTick(() => {
    socket.emit('end');
    if (!socket.allowHalfOpen) socket.end();
  });
}
