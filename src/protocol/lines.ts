import type { Duplex } from 'node:stream';
import split from 'split2';
import { MAX_LINE } from './messages.ts';

/**
 * A stream of lines. It fails with `RangeError` at a line over {@link MAX_LINE},
 * whether that line ends or not, so no more than a line and a chunk is ever held.
 */
export function lineSplitter(): Duplex {
  // split2 checks its length limit only for a line that has not ended yet.
  const bounded = (line: string) => {
    if (line.length > MAX_LINE) throw new RangeError(LINE_TOO_LONG);
    return line;
  };
  return split('\n', bounded, { maxLength: MAX_LINE });
}

export const LINE_TOO_LONG = `a line is longer than ${MAX_LINE} characters`;
