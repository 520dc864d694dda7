import type { Socket } from 'node:net';
import { plainAddress } from '../data-plane/address.ts';
import type { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import { afterReading } from '../data-plane/portable/after-reading.ts';
import { Doorstep, type Stranger } from './doorstep.ts';

/** Of the process's descriptors, at most one in so many may be at one door. */
const SHARE_OF_DESCRIPTORS = 4;

/** Somebody who is heard until he has said what he wants. */
export interface Caller extends Stranger {
  /** The broker ends. */
  shutDown(): void;
}

export interface ReceptionObserver<C extends Caller> {
  /**
   * Hears a caller. `left` is to be called, once or twice, when he has got somewhere else or is gone; `heard` when he
   * has said who he is, if that is long before.
   */
  received(socket: Socket, left: (caller: C) => void, heard: (caller: C) => void): C;
  /** There was no descriptor left for him. */
  refused(address: string): void;
}

/** Receives the connections to a port, and knows all that are there, whosever they are. */
export class Reception<C extends Caller> {
  readonly #budget: DescriptorBudget;
  readonly #observer: ReceptionObserver<C>;
  readonly #doorstep: Doorstep<C>;
  readonly #sockets = new Set<Socket>();

  /** @param mostOfOneAddress - callers; see {@link Doorstep} */
  constructor(budget: DescriptorBudget, observer: ReceptionObserver<C>, mostOfOneAddress?: number) {
    this.#budget = budget;
    this.#observer = observer;
    this.#doorstep = new Doorstep(
      Math.ceil(budget.free / SHARE_OF_DESCRIPTORS),
      afterReading,
      mostOfOneAddress,
    );
  }

  /** `socket` needs `allowHalfOpen`. */
  receive(socket: Socket): void {
    socket.on('error', () => {});
    if (!this.#budget.take(1)) {
      this.#observer.refused(plainAddress(socket.remoteAddress ?? ''));
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#budget.give(1);
    });
    const left = (caller: C) => this.#doorstep.leave(caller);
    const heard = (caller: C) => this.#doorstep.heard(caller);
    this.#doorstep.enter(this.#observer.received(socket, left, heard));
  }

  /** Those who have not said what they want. */
  get callers(): number {
    return this.#doorstep.size;
  }

  /** Sends away all who have not said what they want. */
  close(): void {
    for (const caller of this.#doorstep.visitors()) caller.shutDown();
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
