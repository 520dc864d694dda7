import { createHash } from 'node:crypto';

/** A prime: what is lost or comes twice in whole buffers does not go unseen. */
const PERIOD = 65521;

/** The longest piece at a time. */
const LONGEST = 16 * 1024;

/** The same in every process. It goes on as it began, so that each piece of the pattern is in one. */
const TABLE = tableOf(PERIOD, LONGEST);

/** The bytes of one direction of one stream, which no other has: what arrives is compared with what was sent. */
export class Pattern {
  #at: number;
  #count = 0;

  constructor(seed: number) {
    this.#at = (seed * 7919) % PERIOD;
  }

  /** How many there were so far. */
  get count(): number {
    return this.#count;
  }

  /** The next bytes, {@link LONGEST} at most. */
  next(count: number): Buffer {
    const piece = TABLE.subarray(this.#at, this.#at + count);
    this.#at = (this.#at + count) % PERIOD;
    this.#count += count;
    return piece;
  }

  /** The next bytes, however many. */
  *pieces(count: number): Iterable<Buffer> {
    for (let left = count; left > 0; left -= LONGEST) yield this.next(Math.min(left, LONGEST));
  }

  /** Whether these are the next ones. */
  goesOnWith(bytes: Buffer): boolean {
    let at = 0;
    for (const piece of this.pieces(bytes.length)) {
      if (!piece.equals(bytes.subarray(at, at + piece.length))) return false;
      at += piece.length;
    }
    return true;
  }
}

function tableOf(period: number, more: number): Buffer {
  const blocks: Buffer[] = [];
  for (let n = 0; n * 32 < period; n += 1) {
    blocks.push(createHash('sha256').update(String(n)).digest());
  }
  const once = Buffer.concat(blocks).subarray(0, period);
  return Buffer.concat([once, once.subarray(0, more)]);
}
