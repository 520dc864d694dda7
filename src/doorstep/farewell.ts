import type { StreamSocket } from '../data-plane/data-plane.ts';

/** Milliseconds for a client to close after our last word, and octets that are read of it meanwhile. */
const DEADLINE = 2000;
const OCTETS = 256 * 1024;

/**
 * Ends a connection behind a last word. What comes meanwhile is read: unread input would turn our close into a reset,
 * which would take that word with it.
 *
 * @param socket - with an error listener, and read by nobody else any more
 */
export function farewell(socket: StreamSocket, lastWord: Buffer | string): void {
  const timer = setTimeout(() => socket.destroy(), DEADLINE);
  let octets = 0;
  socket.on('data', (chunk: Buffer) => {
    octets += chunk.length;
    if (octets > OCTETS) socket.destroy();
  });
  socket.once('close', () => clearTimeout(timer));
  socket.end(lastWord);
}
