import type { DialledPair, Moved, PairReport, RelayDial } from '../data-plane/data-plane.ts';
import type { RelayError } from '../errors.ts';
import type { Door } from './link/door.ts';
import type { WaitingClient } from './link/link.ts';
import type { Service } from './service.ts';

export interface ClientsObserver {
  ended(report: PairReport): void;
  failed(error: RelayError): void;
  /** The target cannot be reached for this client, whom the relay can be told of by its ticket. */
  unreachable(ticket: string, cause: unknown): void;
}

/** Joins clients with the service. Its connections outlive the control connection that they were announced on. */
export class Clients {
  readonly #service: Service;
  readonly #observer: ClientsObserver;
  readonly #pairs = new Set<DialledPair>();
  /** Of those who are being served: a relay that is resumed with announces again who waits. */
  readonly #tickets = new Set<string>();

  readonly #past: Moved = { bytesToServer: 0, bytesToClient: 0 };

  constructor(service: Service, observer: ClientsObserver) {
    this.#service = service;
    this.#observer = observer;
  }

  /** Being dialled or joined. */
  get size(): number {
    return this.#pairs.size;
  }

  /** By those that are here, and those that were. */
  get moved(): Moved {
    const sum = { ...this.#past };
    for (const pair of this.#pairs) add(sum, pair.moved());
    return sum;
  }

  isServed({ ticket }: WaitingClient): boolean {
    return ticket !== undefined && this.#tickets.has(ticket);
  }

  /** Resolves when the client is joined with the service, or that has failed. */
  join(client: WaitingClient): Promise<void> {
    const { from, ticket, preface } = client;
    const pair =
      'spare' in from ? from.spare.serve(preface) : this.#service.fetch(from.relay, preface);
    if ('relay' in from) from.door?.watch(pair);
    this.#pairs.add(pair);
    if (ticket !== undefined) this.#tickets.add(ticket);
    const over = () => {
      this.#pairs.delete(pair);
      if (ticket !== undefined) this.#tickets.delete(ticket);
    };
    pair.ended.then(
      (report) => {
        over();
        add(this.#past, report);
        this.#observer.ended(report);
      },
      (error: RelayError) => {
        over();
        this.#failed(client, error);
      },
    );
    return pair.dialled;
  }

  /** Resets whoever is left. */
  cut(): void {
    for (const pair of this.#pairs) pair.cut();
  }

  /** Resolves when those who are here now have gone. */
  async gone(): Promise<void> {
    await Promise.allSettled([...this.#pairs].map(({ ended }) => ended));
  }

  #failed(client: WaitingClient, error: RelayError): void {
    const { from, ticket } = client;
    if ('relay' in from && from.door !== undefined) {
      const relay = detour(from.door, from.relay, error);
      if (relay !== undefined) {
        void this.join({ ...client, from: { relay } });
        return;
      }
    }
    if (ticket !== undefined && error.code === 'E_TARGET_UNREACHABLE') {
      this.#observer.unreachable(ticket, error.cause);
    }
    this.#observer.failed(error);
  }
}

function add(sum: Moved, { bytesToServer, bytesToClient }: Moved): void {
  sum.bytesToServer += bytesToServer;
  sum.bytesToClient += bytesToClient;
}

/** A dial that was cut because of the door says so of the side that it was at. */
function detour(door: Door, relay: RelayDial, { code, cause }: RelayError): RelayDial | undefined {
  const isCut = (cause as NodeJS.ErrnoException).code === 'ABORT_ERR';
  return code === 'E_RELAY_UNREACHABLE' || isCut ? door.detour(relay, cause) : undefined;
}
