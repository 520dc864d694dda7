/** Octets of a block: as many as are held already, within these bounds. */
const LEAST = 1024;
const MOST = 64 * 1024;

/**
 * Bytes that came and are not read yet. They are copied, since a peer that sends one
 * octet at a time would otherwise have us keep an object, or the whole chunk that it
 * came in, for each of them.
 */
export class Inbox {
  #blocks: Block[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const block = this.#roomyBlock(rest.length);
      const part = rest.subarray(0, block.bytes.length - block.filled);
      block.bytes.set(part, block.filled);
      block.filled += part.length;
      this.#length += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** Removes and returns some, the oldest; undefined when there are none. */
  take(): Buffer | undefined {
    const block = this.#blocks.shift();
    if (block === undefined) return undefined;
    this.#length -= block.filled;
    return block.bytes.subarray(0, block.filled);
  }

  clear(): void {
    this.#blocks = [];
    this.#length = 0;
  }

  #roomyBlock(wanted: number): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.filled < last.bytes.length) return last;
    const size = Math.min(Math.max(LEAST, wanted, this.#length), MOST);
    const block = { bytes: Buffer.allocUnsafeSlow(size), filled: 0 };
    this.#blocks.push(block);
    return block;
  }
}

interface Block {
  bytes: Buffer;
  filled: number;
}
