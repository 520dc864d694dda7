import { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';
import { handleOf } from '../handle.ts';
import { reset } from './reset.ts';
import { transportOf } from './transport.ts';

/**
 * Makes close_notify, and nothing else, the end of each direction of a TLS socket. The
 * end of its TCP connection alone is not one: whoever sits on the way can cut a
 * transfer off with a FIN (RFC 8446, 6.1), and what libuv calls an end may be a
 * reset (see `confirm-end.ts`). Such a connection is reset.
 */
export function endByCloseNotify(socket: TLSSocket): void {
  socket.push = pushConfirmed;
  socket._final = finalFlushed;
}

function pushConfirmed(this: TLSSocket, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null) {
    if (!hasReadCloseNotify(this)) {
      reset(this);
      return false;
    }
    // Node would go on to read what follows and throw it away, for as long as something comes.
    handleOf(this)?.readStop?.();
  }
  return TLSSocket.prototype.push.call(this, chunk, encoding);
}

/**
 * Node reports both ends alike. But libuv has stopped to read when it is at the end of
 * the connection, and still reads when the close_notify was in the bytes that it
 * just read; starting again then fails, and changes nothing. If Node itself has
 * stopped to read, the end can only be in bytes that it had already.
 *
 * Without the handles, which are not documented, no end is taken for one.
 */
function hasReadCloseNotify(socket: TLSSocket): boolean {
  if (handleOf(socket)?.reading === false) return true;
  const code = handleOf(transportOf(socket))?.readStart?.() ?? 0;
  return code < 0 && getSystemErrorName(code) === 'EALREADY';
}

/**
 * While TLS has something of its own on the way, such as tickets, the close_notify has to
 * wait. Node ends the TCP connection all the same, and the close_notify is lost (seen
 * on Node 20 and 26). An empty write is done when all is on its way.
 */
function finalFlushed(this: TLSSocket, callback: (error?: Error | null) => void): void {
  const end = () => TLSSocket.prototype._final.call(this, callback);
  if ((handleOf(this)?.writeQueueSize ?? 0) === 0) end();
  else this._write('', 'latin1', (error) => (error ? callback(error) : end()));
}
