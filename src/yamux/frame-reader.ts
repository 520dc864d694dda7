import { decodeHeader, HEADER_SIZE, type Header, TYPE } from './header.ts';

export interface FrameListener {
  /** A frame begins. If it is of data, its payload follows. */
  frame(header: Header): void;
  /** Some of the payload of the last frame. */
  payload(bytes: Buffer): void;
  /** That frame is complete. */
  complete(): void;
  /** What comes is not of this protocol. */
  malformed(): void;
}

/** Cuts what comes into frames. Holds no more than a header: payload is passed on as it comes. */
export class FrameReader {
  readonly #listener: FrameListener;
  #header: Buffer = Buffer.alloc(0);
  #left = 0;
  #isStopped = false;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** Nothing is read any more, not even of what was given already. */
  stop(): void {
    this.#isStopped = true;
  }

  read(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#isStopped) {
      rest = this.#left > 0 ? this.#readPayload(rest) : this.#readHeader(rest);
    }
  }

  #readPayload(chunk: Buffer): Buffer {
    const payload = chunk.subarray(0, this.#left);
    this.#left -= payload.length;
    this.#listener.payload(payload);
    if (this.#left === 0) this.#listener.complete();
    return chunk.subarray(payload.length);
  }

  #readHeader(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, HEADER_SIZE - this.#header.length);
    this.#header = this.#header.length === 0 ? part : Buffer.concat([this.#header, part]);
    if (this.#header.length === HEADER_SIZE) {
      const header = decodeHeader(this.#header);
      this.#header = Buffer.alloc(0);
      if (header === undefined) this.#listener.malformed();
      else this.#begin(header);
    }
    return chunk.subarray(part.length);
  }

  #begin(header: Header): void {
    this.#left = header.type === TYPE.data ? header.length : 0;
    this.#listener.frame(header);
    if (this.#left === 0) this.#listener.complete();
  }
}
