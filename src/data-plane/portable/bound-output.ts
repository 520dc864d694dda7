import type { TLSSocket } from 'node:tls';
import { handleOf } from '../handle.ts';
import { reset } from './reset.ts';

/** Encrypted bytes that may lie unsent. A pair leaves one chunk of 64 KiB there, a control connection less. */
const MOST = 1024 * 1024;

/** Milliseconds between two looks. */
const INTERVAL = 1000;

const watched = new Set<TLSSocket>();
let timer: NodeJS.Timeout | undefined;

/**
 * Resets a TLS socket on which too much lies unsent. TLS answers some messages by
 * itself, such as KeyUpdate (RFC 8446, 4.6.3), so a peer that sends those and reads nothing
 * would have the answers pile up; and nothing tells of them.
 */
export function boundOutput(socket: TLSSocket): void {
  watched.add(socket);
  timer ??= setInterval(look, INTERVAL).unref();
  socket.once('close', () => {
    watched.delete(socket);
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  });
}

function look(): void {
  for (const socket of watched) if ((handleOf(socket)?.writeQueueSize ?? 0) > MOST) reset(socket);
}
