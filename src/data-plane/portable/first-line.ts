import type { StreamSocket } from '../data-plane.ts';
import { failure } from '../failure.ts';
import { ENDED_BEFORE, FIRST_LINE_TOO_LONG, FirstLine } from '../first-line.ts';

/**
 * Reads the first line of a connection, its end left out. The socket is then as
 * one that nobody has read yet, and begins with what came behind the line. Rejects
 * when there will be no line, and leaves the socket to be destroyed.
 *
 * @param first - new
 */
export function readFirstLine(
  socket: StreamSocket,
  first: Pick<FirstLine, 'add'> = new FirstLine(),
): Promise<string> {
  return new Promise((resolve, reject) => {
    const read = () => {
      const chunk: Buffer | null = socket.read();
      const beginning = chunk === null ? undefined : first.add(chunk);
      if (beginning === undefined) return;
      stop();
      if (beginning === 'too-long') {
        reject(failure(FIRST_LINE_TOO_LONG.code, FIRST_LINE_TOO_LONG.message));
        return;
      }
      if (beginning.rest.length > 0) socket.unshift(beginning.rest);
      resolve(beginning.line);
    };
    const fail = (error: Error) => {
      stop();
      reject(error);
    };
    const ended = () => fail(failure(ENDED_BEFORE.code, ENDED_BEFORE.message));
    // Without an error or an end before it, this was our own doing.
    const closed = () => fail(failure('ABORT_ERR', 'given up'));
    const stop = () => {
      socket.off('readable', read).off('end', ended).off('error', fail).off('close', closed);
    };
    // Unlike a listener for data, this one leaves no trace: whoever comes next need not resume the socket.
    socket.on('readable', read).on('end', ended).on('error', fail).on('close', closed);
  });
}
