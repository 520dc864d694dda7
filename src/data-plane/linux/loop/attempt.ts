import type { DeadlineQueue } from '../../deadline-queue.ts';
import type { SystemFailure } from '../messages.ts';
import {
  close,
  connect,
  failureOf,
  hasFailed,
  NO_EVENTS,
  type Readiness,
  reset,
  type SocketAddress,
  SystemError,
} from '../system-calls.ts';
import type { Source } from './loop.ts';
import type { Relay } from './relay.ts';

/** Where an attempt is: on its way, connected, or failed for good. */
type State = 'connecting' | 'connected' | 'failed';

const NO_ADDRESS: SystemFailure = {
  message: 'the name has no address',
  code: 'ENOTFOUND',
  errno: 0,
  syscall: 'connect',
};

const NO_MEMORY: SystemFailure = {
  message: 'the system has no memory for one more connection',
  code: 'ENOMEM',
  errno: 0,
  syscall: 'epoll_ctl',
};

/** A connection being made, to the first of some addresses that answers. */
export class Attempt implements Source {
  state: State = 'connecting';
  descriptor = -1;
  /** What was reported of the connection: whoever takes it over has not heard of it. */
  seen: Readiness = NO_EVENTS;
  /** Why, once it has failed. */
  failure: SystemFailure = NO_ADDRESS;
  readonly #relay: Relay;
  readonly #addresses: SocketAddress[];
  readonly #impatience: DeadlineQueue<Attempt>;
  #onSettled: () => void = () => {};
  #tried = 0;

  /** @param impatience - where an attempt waits that could try another address; see {@link Attempt.moveOn} */
  constructor(relay: Relay, addresses: SocketAddress[], impatience: DeadlineQueue<Attempt>) {
    this.#relay = relay;
    this.#addresses = addresses;
    this.#impatience = impatience;
  }

  /** Whether it is to be reached on this machine, by a path. */
  get isUnix(): boolean {
    return this.#addresses.some((address) => 'path' in address);
  }

  /** @param onSettled - called when it is connected or has failed, but not if that is so when this returns */
  begin(onSettled: () => void): void {
    this.#onSettled = onSettled;
    this.#tryNext();
  }

  ready(events: Readiness): void {
    this.seen = (this.seen | events) as Readiness;
    if (this.state !== 'connecting') return;
    const failure = hasFailed(events) ? failureOf(this.descriptor) : 0;
    if (failure === 0) {
      this.state = 'connected';
      this.#impatience.leave(this);
      this.#onSettled();
    } else {
      this.failure = new SystemError('connect', failure).plain;
      this.moveOn();
    }
  }

  /** Leaves an address that does not answer for the next one. */
  moveOn(): void {
    this.#drop(close);
    this.#tryNext();
    if (this.state === 'failed') this.#onSettled();
  }

  /** Resets the connection if it is there, and gives up if it is not. */
  abort(failure: SystemFailure): void {
    if (this.state === 'failed') return;
    this.state = 'failed';
    this.failure = failure;
    this.#drop(reset);
  }

  #tryNext(): void {
    for (;;) {
      const address = this.#addresses[this.#tried];
      this.#tried += 1;
      if (address === undefined) {
        this.state = 'failed';
        return;
      }
      const { loop } = this.#relay;
      if (this.#tried < this.#addresses.length) {
        loop.tickAt(this.#impatience.join(this, loop.now));
      }
      try {
        this.descriptor = connect(address);
        if (this.#relay.loop.watchWithRoom(this.descriptor, this)) return;
        close(this.descriptor);
        this.failure = NO_MEMORY;
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        this.failure = error.plain;
      }
    }
  }

  #drop(shut: (descriptor: number) => void): void {
    this.#impatience.leave(this);
    this.#relay.loop.forget(this.descriptor);
    shut(this.descriptor);
    this.seen = NO_EVENTS;
  }
}
