import type { StreamOptions } from '../system-calls.ts';

/** Of every TCP connection of this data plane. */
export const STREAM: StreamOptions = {
  keepAlive: 30,
  /** Without it, a peer that vanished with bytes in flight is noticed after some 15 minutes (tcp(7), tcp_retries2). */
  userTimeout: 60_000,
};
