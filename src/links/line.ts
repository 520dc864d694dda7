import { failure } from '../data-plane/failure.ts';
import { FirstLine } from '../data-plane/first-line.ts';
import { readFirstLine } from '../data-plane/portable/first-line.ts';
import { MAX_LINE } from '../protocol/lines.ts';
import type { YamuxStream } from '../yamux/stream.ts';

/**
 * Reads the first line of a stream, which then begins with what came behind it. Rejects when there is none
 * in time, and resets the stream.
 */
export async function readLine(stream: YamuxStream, deadline: number): Promise<string> {
  const timer = setTimeout(() => stream.destroy(failure('ETIMEDOUT', 'no line in time')), deadline);
  try {
    return await readFirstLine(stream, new FirstLine(MAX_LINE));
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
