/**
 * Who waits for whom: clients in order of arrival, each until its deadline.
 *
 * The basic protocol gives a back-connect nothing to identify itself with, so
 * the one rule is first in, first out. A place in the queue ends only by being
 * taken, by its deadline or by {@link PairingTable.clear}; above all not because
 * a client seems to have left, or every later client would be paired with the
 * back-connect meant for the one before it (docs/protocol.md, "Clients that leave").
 *
 * Times are milliseconds of any monotonic clock; every client waits equally
 * long, so the queue is ordered by deadline as well.
 */
export class PairingTable<Client> {
  readonly #deadlines = new Map<Client, number>();
  readonly #timeout: number;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  get size(): number {
    return this.#deadlines.size;
  }

  /** When the first client in the queue has waited long enough. */
  get nextDeadline(): number | undefined {
    return this.#deadlines.values().next().value;
  }

  wait(client: Client, now: number): void {
    this.#deadlines.set(client, now + this.#timeout);
  }

  /** Removes and returns the client that has waited longest. */
  take(): Client | undefined {
    const client = this.#deadlines.keys().next().value;
    if (client !== undefined) this.#deadlines.delete(client);
    return client;
  }

  /** Removes and returns the clients whose deadline has come. */
  expire(now: number): Client[] {
    const expired: Client[] = [];
    for (const [client, deadline] of this.#deadlines) {
      if (deadline > now) break;
      this.#deadlines.delete(client);
      expired.push(client);
    }
    return expired;
  }

  /** Removes and returns everyone. */
  clear(): Client[] {
    const everyone = [...this.#deadlines.keys()];
    this.#deadlines.clear();
    return everyone;
  }
}
