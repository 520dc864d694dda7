import type { Bound } from '../messages.ts';
import {
  AGAIN,
  accept,
  acceptedFrom,
  acceptedFromPort,
  close,
  isShortage,
} from '../system-calls.ts';
import type { Source, Task } from './loop.ts';
import type { Relay } from './relay.ts';

/** Connections taken in a turn before the others get theirs. */
const TURN = 64;

/** Milliseconds until the next try when there was no room. */
const RETRY = 100;

export interface AcceptorOwner {
  /** Whether there is room for one more; whatever that takes is given back by {@link AcceptorOwner.noConnection}. */
  admit(): boolean;
  noConnection(): void;
  connection(descriptor: number, address: string, port: number): void;
}

/**
 * Takes connections from a listener while there is room. Without room they stay
 * in the listener's backlog, where they cost this process nothing.
 */
export class Acceptor implements Source, Task {
  readonly bound: Bound;
  readonly #relay: Relay;
  readonly #owner: AcceptorOwner;
  #watched = false;
  #closed = false;
  #resumeAt = Number.POSITIVE_INFINITY;

  /** @param bound - its own from now on */
  constructor(relay: Relay, bound: Bound, owner: AcceptorOwner) {
    this.#relay = relay;
    this.bound = bound;
    this.#owner = owner;
  }

  start(): void {
    this.#watched = this.#relay.loop.watch(this.bound.descriptor, this);
    if (!this.#watched) this.#pause();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#watched) this.#relay.loop.unwatch(this.bound.descriptor);
    close(this.bound.descriptor);
  }

  ready(): void {
    this.proceed();
  }

  proceed(): void {
    for (let taken = 0; taken < TURN; taken += 1) {
      if (this.#closed || this.#resumeAt !== Number.POSITIVE_INFINITY) return;
      if (!this.#owner.admit()) {
        this.#pause();
        return;
      }
      const descriptor = accept(this.bound.descriptor);
      if (descriptor < 0) {
        this.#owner.noConnection();
        if (descriptor !== AGAIN) this.#failed(descriptor);
        return;
      }
      this.#owner.connection(descriptor, acceptedFrom(), acceptedFromPort());
    }
    this.#relay.loop.later(this);
  }

  /** Tries again when it is time; returns when that will be. */
  tick(now: number): number {
    if (this.#closed) return Number.POSITIVE_INFINITY;
    if (now >= this.#resumeAt) {
      this.#resumeAt = Number.POSITIVE_INFINITY;
      if (this.#watched) this.proceed();
      else this.start();
    }
    return this.#resumeAt;
  }

  /** Other errors are about the one connection that would have been next: see accept(2), "Error handling". */
  #failed(error: number): void {
    if (isShortage(error)) this.#relay.outbox.warn('accept');
    this.#pause();
  }

  #pause(): void {
    const { loop } = this.#relay;
    this.#resumeAt = loop.now + RETRY;
    loop.tickAt(this.#resumeAt);
  }
}
