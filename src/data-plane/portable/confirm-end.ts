import { Socket } from 'node:net';
import type { StreamSocket } from '../data-plane.ts';
import { handleOf } from '../handle.ts';
import { transportOf } from './transport.ts';

/**
 * Makes a TCP socket ask the kernel once more before it takes its peer's word for an end.
 *
 * When a reset arrives right behind data, libuv reads the data, sees the hang-up
 * beside it and reports an end of file without another read(2) (`uv__stream_io`
 * in src/unix/stream.c, seen with Node 20 and 26). A cut-off transfer would pass
 * for a whole one. The second read tells a real end from `ECONNRESET`.
 *
 * Node offers no way to read again at an end, hence the handle, which is not
 * documented; without it, the first answer stands.
 *
 * What is no TCP socket has an end of its own, and is left as it is.
 */
export function confirmEnd(socket: StreamSocket): void {
  if (socket instanceof Socket && transportOf(socket) === socket) socket.push = pushConfirmed;
}

/**
 * The socket that was read last. A false end comes in the same turn as the data
 * before it, with no other socket in between: any other end need not be asked
 * about, which spares most connections of a busy relay the second read.
 */
let lastRead: Socket | undefined;

function pushConfirmed(this: Socket, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk !== null) {
    lastRead = this;
  } else if (lastRead === this) {
    lastRead = undefined;
    if (handleOf(this)?.readStart?.() === 0) return false;
  }
  return Socket.prototype.push.call(this, chunk, encoding);
}
