import { performance } from 'node:perf_hooks';
import { LineBuffer } from '../../protocol/line-buffer.ts';
import {
  AGAIN,
  close,
  hangUp,
  MOST_DESCRIPTORS,
  peerOf,
  type Receipt,
  ready,
  receive,
  send,
} from './unix-calls.ts';

/** Octets of one message. A lease with all the lists that it may have takes some 10 kB. */
const LONGEST_MESSAGE = 64 * 1024;

/** Milliseconds for the other end to read one message. */
const SEND_TIMEOUT = 5000;

/** Milliseconds after which a wait looks whether the channel was closed meanwhile. */
const LOOK = 100;

/** A message, and the descriptors that came with it: whoever receives it closes them. */
export interface Parcel {
  message: unknown;
  descriptors: number[];
}

/**
 * Messages with descriptors between two processes, over a unix stream socket: lines of JSON, each with
 * the number of its descriptors, which come in the same order. `node:net` would lose the descriptors.
 */
export class Channel {
  readonly #socket: number;
  readonly #lines = new LineBuffer(LONGEST_MESSAGE);
  readonly #descriptors: number[] = [];
  readonly #into = Buffer.alloc(LONGEST_MESSAGE);
  #waits = 0;
  #isClosed = false;

  /** @param socket - non-blocking, and this object's from now on */
  constructor(socket: number) {
    this.#socket = socket;
  }

  /** Who is at the other end. */
  get peer(): { pid: number; uid: number } | undefined {
    return peerOf(this.#socket);
  }

  /** Rejects when the other end is gone, or does not read. */
  async send(message: object, descriptors: readonly number[] = []): Promise<void> {
    if (descriptors.length > MOST_DESCRIPTORS) throw new Error('too many descriptors');
    const deadline = performance.now() + SEND_TIMEOUT;
    let rest = Buffer.from(`${JSON.stringify([descriptors.length, message])}\n`);
    let attached = descriptors;
    while (rest.length > 0) {
      this.#checkOpen();
      checkTime(deadline);
      const sent = send(this.#socket, rest, attached);
      if (sent === AGAIN) await this.#wait('writing');
      else if (sent < 0) throw new Error('the other process is gone');
      else {
        rest = rest.subarray(sent);
        attached = [];
      }
    }
  }

  /** The next message. Rejects when it does not come in so many milliseconds, or cannot come any more. */
  async receive(milliseconds: number): Promise<Parcel> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const line = this.#lines.next();
      if (line !== undefined) return this.#parcelOf(line);
      if (this.#lines.isTooLong) throw new Error('the other process sent too long a message');
      this.#checkOpen();
      const receipt = receive(this.#socket, this.#into);
      if (receipt.result !== AGAIN) {
        this.#take(receipt);
        continue;
      }
      // What came in time counts, also where this process was stopped meanwhile: the other one goes by it.
      checkTime(deadline);
      await this.#wait('reading');
    }
  }

  /** Ends it; the other end is told, and what it sent is lost. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const descriptor of this.#descriptors.splice(0)) close(descriptor);
    // A number that is being waited for must not be another's meanwhile.
    if (this.#waits === 0) close(this.#socket);
    else hangUp(this.#socket);
  }

  #take({ result, descriptors, isTruncated }: Receipt): void {
    this.#descriptors.push(...descriptors);
    if (result <= 0) throw new Error('the other process is gone');
    if (isTruncated) throw new Error('out of file descriptors (see ulimit -n)');
    this.#lines.add(Buffer.from(this.#into.subarray(0, result)));
  }

  #parcelOf(line: string): Parcel {
    const [count, message] = parsePair(line);
    const isRight = Number.isInteger(count) && count >= 0 && count <= this.#descriptors.length;
    if (!isRight) throw new Error('the other process sent something that is no message');
    return { message, descriptors: this.#descriptors.splice(0, count) };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Error('it was given up');
  }

  async #wait(purpose: 'reading' | 'writing'): Promise<void> {
    this.#waits += 1;
    await ready(this.#socket, purpose, LOOK);
    this.#waits -= 1;
    if (this.#isClosed && this.#waits === 0) close(this.#socket);
  }
}

function checkTime(deadline: number): void {
  if (performance.now() > deadline) throw new Error('the other process did not answer in time');
}

function parsePair(line: string): [count: number, message: unknown] {
  try {
    const pair: unknown = JSON.parse(line);
    if (Array.isArray(pair) && typeof pair[0] === 'number') return [pair[0], pair[1]];
  } catch {}
  return [-1, undefined];
}
