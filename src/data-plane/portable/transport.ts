import type { Socket } from 'node:net';
import type { StreamSocket } from '../data-plane.ts';

/**
 * The TCP connection below a TLS socket; anything else is its own.
 *
 * Node does not document where it keeps it, and has kept it there since its first TLS sockets.
 */
export function transportOf<S extends StreamSocket>(socket: S): S | Socket {
  const { _parent: transport } = socket as { _parent?: Socket | null };
  return transport ?? socket;
}
