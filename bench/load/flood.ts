import type { Socket } from 'node:net';

/** Fits a core's second-level cache, where the relay's own buffers also want to be. */
const CHUNK = Buffer.alloc(256 * 1024);

/** Writes as fast as it may. */
export function flood(socket: Socket): void {
  const push = () => {
    while (socket.write(CHUNK));
  };
  socket.on('drain', push);
  push();
}
