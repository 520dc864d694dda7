import { DeadlineQueue } from '../../deadline-queue.ts';
import { type KeepAlive, keepAlive } from '../system-calls.ts';
import type { Loop, Timed } from './loop.ts';
import type { Pair } from './pair.ts';
import { Receiver } from './receiver.ts';

/** Milliseconds after which a connection counts as one that lasts. */
const LASTING = 5000;

/** A silent peer that vanished is noticed after a minute. */
const KEEP_ALIVE: KeepAlive = { idle: 30, interval: 5, count: 6 };

/** Milliseconds after which a peer that has bytes to acknowledge, and does not, counts as gone. */
const UNACKNOWLEDGED = 60_000;

/** How often it is looked at within that time. */
const LOOKS = 6;

/**
 * Finds out about peers that vanished, of connections that last. For the many
 * that are over in a moment, setting this up would be a fifth of the system
 * calls they need.
 *
 * Keepalive is blind while bytes are under way: then the kernel itself takes some
 * 15 minutes (tcp(7), tcp_retries2). TCP_USER_TIMEOUT would shorten that, but also
 * ends connections to a peer that is alive and just does not read (Linux since
 * 5.11), and goes on doing so behind our close(2), when all its bytes lie in the
 * kernel and it was to get them still. So whether peers answer is looked at here.
 */
export class Upkeep implements Timed {
  readonly #loop: Loop;
  readonly #patience: number;
  readonly #young = new DeadlineQueue<Pair>(LASTING);
  readonly #lasting = new Map<Pair, Receiver[]>();
  #nextLook = Number.POSITIVE_INFINITY;

  /** @param patience - milliseconds that bytes may stay unacknowledged */
  constructor(loop: Loop, patience = UNACKNOWLEDGED) {
    this.#loop = loop;
    this.#patience = patience;
    loop.addTimed(this);
  }

  /** A new pair, until it {@link Upkeep.leave}s. */
  join(pair: Pair): void {
    this.#loop.tickAt(this.#young.join(pair, this.#loop.now));
  }

  leave(pair: Pair): void {
    this.#young.leave(pair);
    this.#lasting.delete(pair);
  }

  tick(now: number): number {
    for (const pair of this.#young.expire(now)) this.#lasts(pair);
    if (now >= this.#nextLook) this.#look(now);
    if (this.#lasting.size === 0) this.#nextLook = Number.POSITIVE_INFINITY;
    else if (this.#nextLook === Number.POSITIVE_INFINITY) this.#nextLook = this.#later(now);
    return Math.min(this.#young.nextDeadline, this.#nextLook);
  }

  #lasts(pair: Pair): void {
    for (const { from } of pair.flows) keepAlive(from, KEEP_ALIVE);
    this.#lasting.set(
      pair,
      pair.flows.map((flow) => new Receiver(flow)),
    );
  }

  #look(now: number): void {
    this.#nextLook = this.#later(now);
    for (const [pair, receivers] of this.#lasting) {
      const vanished = receivers.findIndex((receiver) => receiver.silence(now) >= this.#patience);
      const flow = pair.flows[vanished];
      if (flow !== undefined) pair.sideFailed(flow.to);
    }
  }

  #later(now: number): number {
    return now + this.#patience / LOOKS;
  }
}
