import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { reset } from '../data-plane/portable/reset.ts';

/**
 * `eof`: both directions came to their end. `reset`: the connection broke off. `input`: what was to be
 * sent cannot be read. `output`: nobody takes any more of what came.
 */
export type StreamsEnding = 'eof' | 'reset' | 'input' | 'output';

/**
 * Joins a connection, which keeps its directions apart, with a stream for each of them. The end of
 * one is passed on and leaves the other open; what fails on this side resets the connection.
 *
 * Resolves when all that came has been written, too.
 */
export async function joinWithStreams(
  socket: Socket,
  input: Readable,
  output: Writable,
): Promise<StreamsEnding> {
  let ending: StreamsEnding = 'eof';
  const breakOff = (cause: StreamsEnding) => {
    if (ending === 'eof') ending = cause;
    reset(socket);
  };
  input.on('error', () => breakOff('input'));
  const written = new Promise<void>((resolve) => {
    output.once('finish', resolve);
    output.on('error', () => {
      breakOff('output');
      resolve();
    });
  });
  const closed = new Promise<void>((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
  input.pipe(socket);
  // Left to itself, pipe() would not end process.stdout.
  socket.pipe(output, { end: false });
  socket.once('end', () => output.end());
  await closed;
  if (!socket.readableEnded || !socket.writableFinished) breakOff('reset');
  input.destroy();
  output.end();
  await written;
  return ending;
}
