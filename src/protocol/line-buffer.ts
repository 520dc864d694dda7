import { MAX_LINE } from './lines.ts';

const LINE_FEED = 0x0a;

/**
 * Cuts a stream into lines, for whoever may have to go on with other than lines:
 * what came behind the last one is kept apart. What is added has to be read before
 * more is, so no more than a line and a chunk is ever held.
 */
export class LineBuffer {
  readonly #longest: number;
  #bytes: Buffer = Buffer.alloc(0);

  /** @param longest - octets of a line, without its end */
  constructor(longest = MAX_LINE) {
    this.#longest = longest;
  }

  add(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
  }

  /** Removes and returns the next line, without its end; undefined when there is none, or too much of one. */
  next(): string | undefined {
    const end = this.#bytes.indexOf(LINE_FEED);
    if (end < 0 || end > this.#longest) return undefined;
    const line = this.#bytes.toString('utf8', 0, end);
    this.#bytes = this.#bytes.subarray(end + 1);
    return line;
  }

  /** Whether the next line is longer than may be, complete or not. */
  get isTooLong(): boolean {
    const end = this.#bytes.indexOf(LINE_FEED);
    return (end < 0 ? this.#bytes.length : end) > this.#longest;
  }

  /** Removes and returns what came behind the lines that were read. */
  rest(): Buffer {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }
}
