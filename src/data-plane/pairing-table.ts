import { DeadlineQueue } from './deadline-queue.ts';

/**
 * Who waits for whom: clients in order of arrival, each until its deadline.
 *
 * The basic protocol gives a back-connect nothing to identify itself with, so
 * the one rule is first in, first out. A place in the queue ends only by being
 * taken, by its deadline or by {@link PairingTable.clear}; above all not because
 * a client seems to have left, or every later client would be paired with the
 * back-connect meant for the one before it (docs/protocol.md, "Clients that leave").
 *
 * Times are milliseconds of any monotonic clock.
 */
export class PairingTable<Client> {
  readonly #queue: DeadlineQueue<Client>;

  constructor(timeout: number) {
    this.#queue = new DeadlineQueue(timeout);
  }

  get size(): number {
    return this.#queue.size;
  }

  /** When the first client in the queue has waited long enough; never, when nobody waits. */
  get nextDeadline(): number {
    return this.#queue.nextDeadline;
  }

  /** Returns the client's deadline. */
  wait(client: Client, now: number): number {
    return this.#queue.join(client, now);
  }

  /** Removes and returns the client that has waited longest. */
  take(): Client | undefined {
    const client = this.#queue.first;
    if (client !== undefined) this.#queue.leave(client);
    return client;
  }

  /** Removes and returns the clients whose deadline has come. */
  expire(now: number): Client[] {
    return this.#queue.expire(now);
  }

  /** Removes and returns everyone. */
  clear(): Client[] {
    return this.#queue.clear();
  }
}
