import { DeadlineQueue } from '../deadline-queue.ts';

/**
 * Who waits for whom: clients in order of arrival, each until its deadline,
 * or for as long as nobody is there to fetch them.
 *
 * The basic protocol gives a back-connect nothing to identify itself with, so
 * its one rule is first in, first out. A place in the queue ends only by being
 * taken, by its deadline or by {@link PairingTable.clear}; above all not because
 * a client seems to have left, or every later client would be paired with the
 * back-connect meant for the one before it (docs/protocol.md, "Clients that leave").
 *
 * Times are milliseconds of any monotonic clock.
 */
export class PairingTable<Client> {
  readonly #queue: DeadlineQueue<Client>;
  #held = false;

  constructor(timeout: number) {
    this.#queue = new DeadlineQueue(timeout);
  }

  get size(): number {
    return this.#queue.size;
  }

  /** The client that has waited longest. */
  get first(): Client | undefined {
    return this.#queue.first;
  }

  /** When the first client in the queue has waited long enough; never, when nobody waits. */
  get nextDeadline(): number {
    return this.#held ? Number.POSITIVE_INFINITY : this.#queue.nextDeadline;
  }

  wait(client: Client, now: number): void {
    this.#queue.join(client, now);
  }

  /** Those who wait, in order. */
  [Symbol.iterator](): Iterator<Client> {
    return this.#queue[Symbol.iterator]();
  }

  /** Removes a client. False when it does not wait. */
  take(client: Client): boolean {
    return this.#queue.leave(client);
  }

  /** From now on nobody's time passes. */
  hold(): void {
    this.#held = true;
  }

  /** Time passes again, everybody's from its beginning. Returns who waits, in order. */
  resume(now: number): Client[] {
    this.#held = false;
    const clients = this.#queue.clear();
    for (const client of clients) this.#queue.join(client, now);
    return clients;
  }

  /** Removes and returns the clients whose deadline has come. */
  expire(now: number): Client[] {
    return this.#held ? [] : this.#queue.expire(now);
  }

  /** Removes and returns everyone. */
  clear(): Client[] {
    return this.#queue.clear();
  }
}
