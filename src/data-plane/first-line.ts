import { LineBuffer } from '../protocol/line-buffer.ts';
import { MAX_FIRST_LINE } from './limits.ts';

/** The beginning of a connection: its first line without its end, and what was read behind it. */
export interface Beginning {
  line: string;
  rest: Buffer;
}

/** Why there is no beginning, in words and by a code, as the system's errors are. */
export const ENDED_BEFORE = { code: 'EOF', message: 'it ended before there was a client' };
export const FIRST_LINE_TOO_LONG = { code: 'EPROTO', message: 'its first line is too long' };

/** The first line of a connection, put together from what is read of it. */
export class FirstLine {
  readonly #lines: LineBuffer;

  /** @param longest - octets, without its end */
  constructor(longest = MAX_FIRST_LINE) {
    this.#lines = new LineBuffer(longest);
  }

  /** Adds a copy of what was read; undefined while the line has no end. */
  add(bytes: Uint8Array): Beginning | 'too-long' | undefined {
    this.#lines.add(Buffer.from(bytes));
    const line = this.#lines.next();
    if (line !== undefined) return { line, rest: this.#lines.rest() };
    return this.#lines.isTooLong ? 'too-long' : undefined;
  }
}

/** Stands in for a {@link FirstLine} where there is none: whatever is read belongs to what follows. */
export class NoFirstLine implements Pick<FirstLine, 'add'> {
  add(bytes: Uint8Array): Beginning {
    return { line: '', rest: Buffer.from(bytes) };
  }
}
