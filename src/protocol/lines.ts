import type { Transform } from 'node:stream';
import split from 'split2';

/** The longest line either side accepts, in characters without its line feed. */
export const MAX_LINE = 4096;

/**
 * A stream of lines. It fails at a line over {@link MAX_LINE}, whether that line
 * ends or not (see {@link isTooLong}), so no more than a line and a chunk is ever
 * held. What is left without a line feed at the end is no line.
 */
export function lineSplitter(): Transform {
  // split2 checks its length limit only for a line that has not ended yet.
  const bounded = (line: string) => {
    if (line.length > MAX_LINE) throw new RangeError(LINE_TOO_LONG);
    return line;
  };
  const lines = split('\n', bounded, { maxLength: MAX_LINE });
  lines._flush = (done) => done();
  return lines;
}

/** Whether a {@link lineSplitter} failed for its limit; split2 has an error of its own for a line without end. */
export function isTooLong(error: unknown): boolean {
  return (
    error instanceof RangeError ||
    (error instanceof Error && error.message === 'maximum buffer reached')
  );
}

export const LINE_TOO_LONG = `a line is longer than ${MAX_LINE} characters`;
