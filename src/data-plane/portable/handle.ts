import type { Socket } from 'node:net';

/** What Node keeps behind a socket and does not document; hence nothing here is certain to be there. */
export interface Handle {
  /** Whether Node has it read. */
  reading?: boolean;
  /** Bytes that the kernel has not taken yet; with TLS, encrypted ones. */
  writeQueueSize?: number;
  readStart?(): number;
  readStop?(): number;
}

export function handleOf(socket: Socket): Handle | undefined {
  return (socket as { _handle?: Handle | null })._handle ?? undefined;
}
