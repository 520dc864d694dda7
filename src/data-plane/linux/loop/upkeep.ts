import { DeadlineQueue } from '../../deadline-queue.ts';
import { keepAlive, setUserTimeout } from '../system-calls.ts';
import type { Loop, Timed } from './loop.ts';
import type { Pair } from './pair.ts';

/** Milliseconds after which a connection counts as one that lasts. */
const LASTING = 5000;

/** Seconds of silence before TCP keepalive asks whether the peer is still there. */
const KEEP_ALIVE = 30;

/**
 * Milliseconds that bytes may stay unacknowledged. Without it, a peer that vanished
 * with bytes under way is noticed after some 15 minutes (tcp(7), tcp_retries2).
 */
export const USER_TIMEOUT = 60_000;

/**
 * Has the kernel look after connections that last. For the many that are over
 * in a moment, setting this up would be a fifth of the system calls they need.
 */
export class Upkeep implements Timed {
  readonly #loop: Loop;
  readonly #young = new DeadlineQueue<Pair>(LASTING);

  constructor(loop: Loop) {
    this.#loop = loop;
    loop.addTimed(this);
  }

  /** A new pair, until it {@link Upkeep.leave}s. */
  join(pair: Pair): void {
    this.#loop.tickAt(this.#young.join(pair, this.#loop.now));
  }

  leave(pair: Pair): void {
    this.#young.leave(pair);
  }

  tick(now: number): number {
    for (const { descriptors } of this.#young.expire(now)) {
      for (const descriptor of descriptors) {
        keepAlive(descriptor, KEEP_ALIVE);
        setUserTimeout(descriptor, USER_TIMEOUT);
      }
    }
    return this.#young.nextDeadline;
  }
}
