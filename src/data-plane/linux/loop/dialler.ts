import { DeadlineQueue } from '../../deadline-queue.ts';
import { ATTEMPT_TIMEOUT, DIAL_TIMEOUT } from '../../limits.ts';
import type { ResolvedDial, SystemFailure } from '../messages.ts';
import type { Attempt } from './attempt.ts';
import { Dial, type DialOwner } from './dial.ts';
import type { Timed } from './loop.ts';
import type { Pair } from './pair.ts';
import type { Relay } from './relay.ts';

const DESCRIPTORS_PER_DIAL = 2;

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

/** The dials of one thread. */
export class Dialler implements Timed, DialOwner {
  readonly #relay: Relay;
  readonly #dials = new Map<number, Dial>();
  readonly #connecting = new DeadlineQueue<Dial>(DIAL_TIMEOUT);
  readonly #impatience = new DeadlineQueue<Attempt>(ATTEMPT_TIMEOUT);
  /** By timeout, of which an agent has one. */
  readonly #halfClosed = new Map<number, DeadlineQueue<Pair>>();

  constructor(relay: Relay) {
    this.#relay = relay;
    relay.loop.addTimed(this);
  }

  dial(id: number, request: ResolvedDial): void {
    const { budget, loop, outbox } = this.#relay;
    if (!budget.take(DESCRIPTORS_PER_DIAL)) {
      outbox.mention(['dial-failed', id, 'relay', NO_DESCRIPTORS]);
      return;
    }
    const halfClosed = this.#halfClosedFor(request.halfCloseTimeout);
    const dial = new Dial(id, request, this.#relay, halfClosed, this.#impatience, this);
    this.#dials.set(id, dial);
    loop.tickAt(this.#connecting.join(dial, loop.now));
    dial.begin();
  }

  cut(id: number): void {
    this.#dials.get(id)?.cut(GIVEN_UP);
  }

  settled(dial: Dial): void {
    this.#connecting.leave(dial);
  }

  ended(dial: Dial): void {
    this.#dials.delete(dial.id);
    this.#relay.budget.give(DESCRIPTORS_PER_DIAL);
  }

  tick(now: number): number {
    for (const dial of this.#connecting.expire(now)) dial.abort(TIMED_OUT);
    for (const attempt of this.#impatience.expire(now)) attempt.moveOn();
    let next = Math.min(this.#connecting.nextDeadline, this.#impatience.nextDeadline);
    for (const queue of this.#halfClosed.values()) {
      for (const pair of queue.expire(now)) pair.cut('half-close-timeout');
      next = Math.min(next, queue.nextDeadline);
    }
    return next;
  }

  #halfClosedFor(timeout: number): DeadlineQueue<Pair> {
    const queue = this.#halfClosed.get(timeout) ?? new DeadlineQueue(timeout);
    this.#halfClosed.set(timeout, queue);
    return queue;
  }
}
