import { DeadlineQueue } from '../../deadline-queue.ts';
import { ATTEMPT_TIMEOUT, DIAL_TIMEOUT } from '../../limits.ts';
import type { ResolvedDial, ResolvedSpare, ResolvedTarget, SystemFailure } from '../messages.ts';
import type { SocketAddress } from '../system-calls.ts';
import { Attempt } from './attempt.ts';
import { Dial, type DialOwner, type DialSettings } from './dial.ts';
import type { Timed } from './loop.ts';
import type { Pair } from './pair.ts';
import type { Relay } from './relay.ts';
import { Spare, type SpareOwner } from './spare.ts';

const TIMED_OUT: SystemFailure = {
  message: 'no answer in time',
  code: 'ETIMEDOUT',
  errno: 0,
  syscall: 'connect',
};

const GIVEN_UP: SystemFailure = { ...TIMED_OUT, message: 'given up', code: 'ABORT_ERR' };

const NO_DESCRIPTORS: SystemFailure = {
  ...TIMED_OUT,
  message: 'no descriptors left',
  code: 'EMFILE',
};

/** The dials of one thread, and its spares. */
export class Dialler implements Timed, DialOwner, SpareOwner {
  readonly #relay: Relay;
  readonly #dials = new Map<number, Dial | Spare>();
  readonly #connecting = new DeadlineQueue<Dial | Spare>(DIAL_TIMEOUT);
  readonly #impatience = new DeadlineQueue<Attempt>(ATTEMPT_TIMEOUT);
  /** By timeout, of which an agent has one. */
  readonly #halfClosed = new Map<number, DeadlineQueue<Pair>>();

  constructor(relay: Relay) {
    this.#relay = relay;
    relay.loop.addTimed(this);
  }

  dial(id: number, { relay, hello, ...request }: ResolvedDial): void {
    const sides = { toRelay: this.#attempt(relay), hello, rest: undefined };
    const dial = this.#dialFor(id, sides, request);
    if (this.#relay.budget.take(dial.descriptors)) this.#begin(dial);
    else this.#refuse(id, NO_DESCRIPTORS);
  }

  park(id: number, { relay, hello }: ResolvedSpare): void {
    const spare = new Spare(id, hello, this.#attempt(relay), this.#relay, this);
    if (this.#relay.budget.take(spare.descriptors)) this.#begin(spare);
    else this.#refuse(id, NO_DESCRIPTORS);
  }

  /** Has a spare that was taken go on as a dial, of which one side is there. */
  serve(id: number, request: ResolvedTarget): void {
    const spare = this.#dials.get(id);
    if (!(spare instanceof Spare)) {
      this.#refuse(id, GIVEN_UP);
      return;
    }
    const { toRelay, rest } = spare;
    const dial = this.#dialFor(id, { toRelay, hello: undefined, rest }, request);
    if (this.#relay.budget.take(dial.descriptors - spare.descriptors)) this.#begin(dial);
    else spare.cut(NO_DESCRIPTORS);
  }

  cut(id: number): void {
    this.#dials.get(id)?.cut(GIVEN_UP);
  }

  settled(dial: Dial | Spare): void {
    this.#connecting.leave(dial);
  }

  ended(dial: Dial | Spare): void {
    this.#dials.delete(dial.id);
    this.#relay.budget.give(dial.descriptors);
  }

  tick(now: number): number {
    for (const dial of this.#connecting.expire(now)) dial.cut(TIMED_OUT);
    for (const attempt of this.#impatience.expire(now)) attempt.moveOn();
    let next = Math.min(this.#connecting.nextDeadline, this.#impatience.nextDeadline);
    for (const queue of this.#halfClosed.values()) {
      for (const pair of queue.expire(now)) pair.cut('half-close-timeout');
      next = Math.min(next, queue.nextDeadline);
    }
    return next;
  }

  #attempt(addresses: SocketAddress[]): Attempt {
    return new Attempt(this.#relay, addresses, this.#impatience);
  }

  #dialFor(
    id: number,
    sides: Pick<DialSettings, 'toRelay' | 'hello' | 'rest'>,
    { target, preface, halfCloseTimeout, place }: ResolvedTarget,
  ): Dial {
    const toTarget = this.#attempt(target);
    const halfClosed = this.#halfClosedFor(halfCloseTimeout);
    return new Dial({ id, place, ...sides, toTarget, preface, halfClosed }, this.#relay, this);
  }

  #begin(dial: Dial | Spare): void {
    const { loop } = this.#relay;
    this.#dials.set(dial.id, dial);
    loop.tickAt(this.#connecting.join(dial, loop.now));
    dial.begin();
  }

  #refuse(id: number, failure: SystemFailure): void {
    this.#relay.outbox.mention(['dial-failed', id, 'relay', failure]);
  }

  #halfClosedFor(timeout: number): DeadlineQueue<Pair> {
    const queue = this.#halfClosed.get(timeout) ?? new DeadlineQueue(timeout);
    this.#halfClosed.set(timeout, queue);
    return queue;
  }
}
