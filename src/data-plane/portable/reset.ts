import type { StreamSocket } from '../data-plane.ts';
import { transportOf } from './transport.ts';

/**
 * Ends a connection with a TCP reset, so that its peer cannot take what it got
 * for the whole (RFC 9293, 3.10.5). A unix socket has no reset and is destroyed.
 *
 * While a shutdown(2) is on its way, libuv refuses to reset and Node then leaks
 * the descriptor (seen on Node 20 and 26); that lasts one turn of the event
 * loop, so the reset waits for it. With TLS it may last for as long as the peer
 * reads nothing, since the close_notify goes first: that is destroyed, too, and
 * the close_notify with it, so that the peer does not find a clean end.
 */
export function reset(socket: StreamSocket): void {
  const transport = transportOf(socket);
  if (transport.destroyed) return;
  const shuttingDown =
    socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (shuttingDown && transport === socket) {
    socket.once('finish', () => reset(socket));
    return;
  }
  if (shuttingDown) {
    transport.destroy();
    return;
  }
  try {
    transport.resetAndDestroy();
  } catch {
    transport.destroy();
  }
}
