import type { Server, Socket } from 'node:net';

/** What Node keeps behind a socket and does not document; hence nothing here is certain to be there. */
export interface Handle {
  /** The descriptor, negative where there is none. */
  fd?: number;
  /** Whether Node has it read. */
  reading?: boolean;
  /** Bytes that the kernel has not taken yet; with TLS, encrypted ones. */
  writeQueueSize?: number;
  readStart?(): number;
  readStop?(): number;
}

export function handleOf(socket: Socket | Server): Handle | undefined {
  return (socket as { _handle?: Handle | null })._handle ?? undefined;
}

/** The system's descriptor of a socket or listener, for whoever uses it past the stream; undefined where there is none to be had. */
export function descriptorOf(socket: Socket | Server): number | undefined {
  const { fd = -1 } = handleOf(socket) ?? {};
  return fd >= 0 ? fd : undefined;
}
