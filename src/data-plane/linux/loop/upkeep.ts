import { DeadlineQueue } from '../../deadline-queue.ts';
import { KEEP_ALIVE_SECONDS } from '../../limits.ts';
import { type KeepAlive, keepAlive } from '../system-calls.ts';
import type { Loop, Timed } from './loop.ts';
import { Receiver, type Sending } from './receiver.ts';

/** Milliseconds after which a connection counts as one that lasts. */
const LASTING = 5000;

/** A silent peer that vanished is noticed after a minute. */
const KEEP_ALIVE: KeepAlive = { idle: KEEP_ALIVE_SECONDS, interval: 5, count: 6 };

/** Milliseconds that bytes may stay unacknowledged. Without it, the kernel takes some 15 minutes (tcp(7), tcp_retries2). */
const UNACKNOWLEDGED = 60_000;

/** How often it is looked within that time who is pausing. */
const LOOKS = 6;

/** A pair, as far as its peers' being there is concerned. */
export interface Lasting {
  readonly flows: readonly Sending[];
}

/**
 * Has the kernel find out about peers that vanished, of connections that last:
 * silent ones by keepalive, those with bytes under way by TCP_USER_TIMEOUT. For
 * the many connections that are over in a moment, setting this up would be a
 * fifth of the system calls they need.
 */
export class Upkeep implements Timed {
  readonly #loop: Loop;
  readonly #patience: number;
  readonly #young = new DeadlineQueue<Lasting>(LASTING);
  readonly #lasting = new Map<Lasting, Receiver[]>();
  #nextLook = Number.POSITIVE_INFINITY;

  /** @param patience - milliseconds that bytes may stay unacknowledged */
  constructor(loop: Loop, patience = UNACKNOWLEDGED) {
    this.#loop = loop;
    this.#patience = patience;
    loop.addTimed(this);
  }

  /** A new pair, until it {@link Upkeep.leave}s. */
  join(pair: Lasting): void {
    this.#loop.tickAt(this.#young.join(pair, this.#loop.now));
  }

  /** To be called before the pair's sockets are closed. */
  leave(pair: Lasting): void {
    this.#young.leave(pair);
    for (const receiver of this.#lasting.get(pair) ?? []) receiver.letGo();
    this.#lasting.delete(pair);
  }

  tick(now: number): number {
    for (const pair of this.#young.expire(now)) this.#lasts(pair);
    if (now >= this.#nextLook) this.#look(now);
    if (this.#lasting.size === 0) this.#nextLook = Number.POSITIVE_INFINITY;
    else if (this.#nextLook === Number.POSITIVE_INFINITY) this.#nextLook = this.#later(now);
    return Math.min(this.#young.nextDeadline, this.#nextLook);
  }

  #lasts(pair: Lasting): void {
    for (const { to } of pair.flows) keepAlive(to, KEEP_ALIVE);
    this.#lasting.set(
      pair,
      pair.flows.map((flow) => new Receiver(flow, this.#patience)),
    );
  }

  #look(now: number): void {
    this.#nextLook = this.#later(now);
    for (const receivers of this.#lasting.values()) {
      for (const receiver of receivers) receiver.look();
    }
  }

  #later(now: number): number {
    return now + this.#patience / LOOKS;
  }
}
