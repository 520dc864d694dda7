/** What both data planes hold themselves to, so that it makes no difference which one runs. */

/** Connections that may wait to be accepted. The kernel caps it (net.core.somaxconn, 4096 since Linux 5.4); Node's own default is 511. */
export const BACKLOG = 4096;

/** Bytes one socket may hold in user space each way; one read of libuv's is as large. */
export const HIGH_WATER_MARK = 64 * 1024;

/** A client needs its own descriptor and, to be of any use, one for its back-connect. */
export const DESCRIPTORS_PER_CLIENT = 2;

/** Seconds of silence before TCP keepalive asks whether the peer is still there. */
export const KEEP_ALIVE_SECONDS = 30;

/** A connection that is not there after so many milliseconds serves no waiting client any more. */
export const DIAL_TIMEOUT = 10_000;

/** Milliseconds that one address of a name gets when there is another to try. */
export const ATTEMPT_TIMEOUT = 2500;

/** Octets that the first line of a back-connect may have, either way, without its end. */
export const MAX_FIRST_LINE = 512;

/** {@link KEEP_ALIVE_SECONDS} of a spare, which has to be there when its client comes. */
export const SPARE_KEEP_ALIVE_SECONDS = 10;

/** Milliseconds a TLS handshake may take. */
export const HANDSHAKE_TIMEOUT = 5000;
