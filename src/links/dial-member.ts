import { type Dial, dial } from '../data-plane/portable/sockets.ts';
import { overTls } from '../data-plane/portable/tls.ts';
import type { LinkAddress } from '../directory/member.ts';
import { reasonOf } from '../errors.ts';
import { dialling } from './key.ts';
import { LinkError } from './links.ts';

/** Milliseconds for a connection, the handshake included. */
const DEADLINE = 3000;

/**
 * Dials a member. `connected` rejects with a {@link LinkError}; then nothing is left open.
 *
 * @param self - name of the member that dials
 */
export function dialMember({ host, port, key }: LinkAddress, self: string): Dial {
  const { connected, abort } = dial({ host, port }, true, overTls(dialling(key, self)));
  const where = `${host}:${port}`;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    abort();
  }, DEADLINE);
  const failed = (cause: unknown): never => {
    throw isLate ? late(where, cause) : notDialled(where, cause);
  };
  return { connected: connected.catch(failed).finally(() => clearTimeout(timer)), abort };
}

function late(where: string, cause: unknown): LinkError {
  return new LinkError(
    'timeout',
    `No connection to the broker at ${where} within ${DEADLINE / 1000} seconds. Check that nothing on the way drops packets to that port (--cluster-port).`,
    { cause },
  );
}

function notDialled(where: string, cause: unknown): LinkError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const reason = reasonOf(cause);
  // What is behind this port has another key, or does not know us: it fails the handshake.
  if (/^ERR_(O?SSL|TLS)_/.test(code)) {
    return new LinkError(
      'untrusted',
      `What answers at ${where} is not the broker that is to be there: ${reason}. One of the two may have just started; otherwise, check what listens at that port.`,
      { cause },
    );
  }
  return new LinkError(
    'unreachable',
    `Cannot reach the broker at ${where}: ${reason}. Check that it runs, and that the brokers of the fleet reach each other's --cluster-port.`,
    { cause },
  );
}
