import { freeYoungBuffers } from '../../young-buffers.ts';
import type { StreamSocket } from '../data-plane.ts';
import type { Throttle, Throttled } from './throttle.ts';

const NOTHING = new Uint8Array(0);

/**
 * One direction of a pair, with backpressure and behind its last byte the end.
 *
 * A write of as much as `highWaterMark` always answers false, also when the kernel
 * took it at once; pausing for each of those would cost a turn of the loop per
 * chunk, so only bytes that did stay behind pause.
 */
export class Flow implements Throttled {
  /** Read so far. The sockets count otherwise: what is encrypted, and first lines. */
  bytes = 0;
  readonly #from: StreamSocket;
  readonly #to: StreamSocket;
  readonly #throttle: Throttle | undefined;
  /** Read, but not to be written yet. */
  #rest: Buffer = Buffer.alloc(0);
  #ended = false;

  /** @param begun - what somebody has read from `from` already */
  constructor(
    from: StreamSocket,
    to: StreamSocket,
    throttle: Throttle | undefined,
    begun: Uint8Array = NOTHING,
  ) {
    this.#from = from;
    this.#to = to;
    this.#throttle = throttle;
    from.on('data', (chunk: Buffer) => this.#read(chunk));
    to.on('drain', () => this.#resume());
    to.once('close', () => throttle?.leave(this));
    if (begun.length > 0) this.#read(Buffer.from(begun));
    this.#resume();
  }

  get held(): number {
    return this.#rest.length;
  }

  release(count: number): void {
    const part = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    this.#write(part);
    // Its silence was none of its own.
    this.#from.setTimeout(this.#from.timeout ?? 0);
    if (this.held > 0) return;
    if (this.#ended) this.#to.end();
    else this.#resume();
  }

  /** There is nothing more to read. */
  end(): void {
    this.#ended = true;
    if (this.held === 0) this.#to.end();
  }

  #read(chunk: Buffer): void {
    this.bytes += chunk.length;
    freeYoungBuffers(chunk);
    if (this.#throttle === undefined) {
      this.#write(chunk);
      return;
    }
    this.#rest = chunk;
    this.#throttle.join(this);
    if (this.held > 0) this.#from.pause();
  }

  #write(chunk: Buffer): void {
    if (!this.#to.write(chunk) && this.#to.writableLength > 0) this.#from.pause();
  }

  #resume(): void {
    if (this.held === 0 && !this.#to.writableNeedDrain) this.#from.resume();
  }
}
