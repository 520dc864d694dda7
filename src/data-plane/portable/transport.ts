import type { Socket } from 'node:net';

/**
 * The TCP connection below a TLS socket; a plain socket is its own.
 *
 * Node does not document where it keeps it, and has kept it there since its first TLS sockets.
 */
export function transportOf(socket: Socket): Socket {
  const { _parent: transport } = socket as { _parent?: Socket | null };
  return transport ?? socket;
}
