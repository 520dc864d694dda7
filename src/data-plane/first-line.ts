import { MAX_FIRST_LINE } from './limits.ts';

const LF = 0x0a;

/** The beginning of a connection: its first line without its end, and what was read behind it. */
export interface Beginning {
  line: string;
  rest: Buffer;
}

/** Why there is no first line, in words and by a code, as the system's errors are. */
export const NO_FIRST_LINE = { code: 'EOF', message: 'it ended before its first line' };
export const FIRST_LINE_TOO_LONG = { code: 'EPROTO', message: 'its first line is too long' };

/** The first line of a connection, put together from what is read of it. */
export class FirstLine {
  #begun = Buffer.alloc(0);

  /** Adds a copy of what was read; undefined while the line has no end. */
  add(bytes: Uint8Array): Beginning | 'too-long' | undefined {
    const begun = Buffer.concat([this.#begun, bytes]);
    const end = begun.indexOf(LF);
    if ((end < 0 ? begun.length : end) > MAX_FIRST_LINE) return 'too-long';
    this.#begun = begun;
    if (end < 0) return undefined;
    return { line: begun.toString('latin1', 0, end), rest: begun.subarray(end + 1) };
  }
}
