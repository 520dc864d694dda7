import type { Socket } from 'node:net';

/**
 * The system's descriptor of a socket, for whoever uses it past the stream;
 * undefined where there is none to be had. Node does not document it.
 */
export function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { _handle?: { fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
