import { performance } from 'node:perf_hooks';
import { TokenBucket } from '../token-bucket.ts';

/** Bytes that one direction of a pair may move before it is the next one's turn. */
const SLICE = 16 * 1024;

/** One direction of a pair, with bytes at hand that it is not to move yet. */
export interface Throttled {
  /** How many. */
  readonly held: number;
  /** Moves so many. */
  release(count: number): void;
}

/** Bounds the bytes per second of all pairs that share it, one direction each. They take turns. */
export class Throttle {
  readonly #now: () => number;
  readonly #bucket: TokenBucket;
  readonly #slice: number;
  readonly #queue = new Set<Throttled>();
  #timer: NodeJS.Timeout | undefined;

  /** @param now - milliseconds of a monotonic clock. Default: the process's. */
  constructor(bytesPerSecond: number, now = () => performance.now()) {
    this.#now = now;
    this.#bucket = new TokenBucket(bytesPerSecond, now());
    // Some turns per second, also where a second's worth is less than a slice.
    this.#slice = Math.max(1, Math.min(SLICE, Math.floor(bytesPerSecond / 16)));
  }

  /** Waits for its turns until it holds nothing any more; the first one may be at once. */
  join(direction: Throttled): void {
    this.#queue.add(direction);
    if (this.#timer === undefined) this.#takeTurns();
  }

  leave(direction: Throttled): void {
    this.#queue.delete(direction);
    if (this.#queue.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #takeTurns(): void {
    this.#timer = undefined;
    const now = this.#now();
    for (const direction of this.#queue) {
      const count = Math.min(this.#slice, direction.held);
      if (!this.#bucket.take(count, now)) {
        // Node would round down, and come too early.
        const delay = Math.ceil(this.#bucket.delay(count, now));
        this.#timer = setTimeout(() => this.#takeTurns(), delay);
        return;
      }
      // A set goes on with what is added to it while it is gone through.
      this.#queue.delete(direction);
      direction.release(count);
      if (direction.held > 0) this.#queue.add(direction);
    }
  }
}
