import type { Socket } from 'node:net';
import { plainAddress } from '../../data-plane/address.ts';
import type { DescriptorBudget } from '../../data-plane/descriptor-budget.ts';
import { Doorstep } from './doorstep.ts';
import { type Host, Visitor, type VisitorPolicy } from './visitor.ts';

/** Of the process's descriptors, at most one in so many may be at the door. */
const SHARE_OF_DESCRIPTORS = 4;

/** Receives the connections to the control port, and knows all that are there, whosever they are. */
export class Reception {
  readonly #policy: VisitorPolicy;
  readonly #host: Host;
  readonly #budget: DescriptorBudget;
  readonly #doorstep: Doorstep<Visitor>;
  readonly #sockets = new Set<Socket>();

  constructor(policy: VisitorPolicy, host: Host, budget: DescriptorBudget) {
    this.#policy = policy;
    this.#host = host;
    this.#budget = budget;
    this.#doorstep = new Doorstep(
      Math.ceil(budget.free / SHARE_OF_DESCRIPTORS),
      // Bytes of a connection are read in the turn of the event loop after the one that accepts it.
      (act) => setImmediate(() => setImmediate(act)),
    );
  }

  /** `socket` needs `allowHalfOpen`. */
  receive(socket: Socket): void {
    socket.on('error', () => {});
    if (!this.#budget.take(1)) {
      this.#host.refused(plainAddress(socket.remoteAddress ?? ''), { cause: 'descriptors' });
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#budget.give(1);
    });
    const left = (visitor: Visitor) => this.#doorstep.leave(visitor);
    this.#doorstep.enter(new Visitor(socket, this.#policy, this.#host, left));
  }

  /** Sends away all who have not said who they are. */
  close(): void {
    for (const visitor of this.#doorstep.visitors()) visitor.shutDown();
  }

  /** Ends every connection to the control port at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
