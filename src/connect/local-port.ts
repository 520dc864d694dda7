import type { Socket } from 'node:net';
import type { PairReport } from '../data-plane/data-plane.ts';
import { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import { DESCRIPTORS_PER_CLIENT } from '../data-plane/limits.ts';
import { Pair } from '../data-plane/portable/pair.ts';
import { reset } from '../data-plane/portable/reset.ts';
import { type Listener, listen } from '../data-plane/portable/sockets.ts';
import { RelayError, reasonOf } from '../errors.ts';
import { formatAddress } from '../options/values.ts';
import { connectTo } from './connect-by-name.ts';
import { parseService, type Service } from './service.ts';

/** Connections at one time. */
const MOST = 1000;

/** Milliseconds that a half-closed connection may stay silent: what relays and agents allow by default. */
const HALF_CLOSE_TIMEOUT = 600_000;

/** Seconds that connections get to finish. */
const DRAIN = 10;

export interface LocalPortObserver {
  /** A connection is over. */
  ended(report: PairReport): void;
  /** A connection was reset: it could not be joined with the service. */
  failed(error: RelayError): void;
}

/** A port of this machine, each connection to which is joined with a service known by name. */
export class LocalPort {
  readonly host: string;
  readonly #service: Service;
  readonly #observer: LocalPortObserver;
  readonly #budget: DescriptorBudget;
  readonly #here = new Set<Promise<void>>();
  readonly #pairs = new Set<Pair>();
  /** Gives up those who are not joined yet. */
  readonly #cut = new AbortController();
  #listener: Listener | undefined;

  private constructor(
    service: Service,
    host: string,
    observer: LocalPortObserver,
    budget: DescriptorBudget,
  ) {
    this.#service = service;
    this.host = host;
    this.#observer = observer;
    this.#budget = budget;
  }

  /**
   * Rejects with `E_BAD_OPTION` or `E_LISTEN`.
   *
   * @param budget - where its descriptors come from. Default: the process's.
   */
  static async open(
    service: { name: string; via: string },
    at: { host: string; port: number },
    observer: LocalPortObserver,
    budget = DescriptorBudget.ofProcess(),
  ): Promise<LocalPort> {
    const port = new LocalPort(parseService(service), at.host, observer, budget);
    try {
      port.#listener = await listen(at, (socket) => port.#arrived(socket));
    } catch (cause) {
      throw new RelayError(
        'E_LISTEN',
        `Cannot listen on ${formatAddress(at.host, at.port)}: ${reasonOf(cause)}. Choose another port for --listen (0: the system picks).`,
        { cause },
      );
    }
    return port;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Lets nobody in any more. Resolves when all connections are over; those left after the drain time are reset. */
  async close({ drain = DRAIN }: { drain?: number } = {}): Promise<void> {
    this.#listener?.close();
    const deadline = setTimeout(() => this.#reset(), drain * 1000);
    await Promise.all(this.#here);
    clearTimeout(deadline);
  }

  #reset(): void {
    this.#cut.abort();
    for (const pair of this.#pairs) pair.cut();
  }

  #arrived(client: Socket): void {
    if (this.#here.size >= MOST || !this.#budget.take(DESCRIPTORS_PER_CLIENT)) {
      reset(client);
      this.#observer.failed(full());
      return;
    }
    const over = this.#serve(client).finally(() => {
      this.#here.delete(over);
      this.#budget.give(DESCRIPTORS_PER_CLIENT);
    });
    this.#here.add(over);
  }

  async #serve(client: Socket): Promise<void> {
    try {
      const server = await connectTo(this.#service, this.#cut.signal);
      this.#observer.ended(await this.#join(client, server));
    } catch (error) {
      reset(client);
      if (error instanceof RelayError) this.#observer.failed(error);
      else if (!this.#cut.signal.aborted) throw error;
    }
  }

  async #join(client: Socket, server: Socket): Promise<PairReport> {
    return new Promise((resolve) => {
      const pair = new Pair({
        client,
        server,
        halfCloseTimeout: HALF_CLOSE_TIMEOUT,
        onEnd: (report) => {
          this.#pairs.delete(pair);
          resolve(report);
        },
      });
      this.#pairs.add(pair);
    });
  }
}

function full(): RelayError {
  return new RelayError(
    'E_LISTEN',
    `Too many connections: at most ${MOST} at one time, and as many as there are file descriptors for (ulimit -n). Wait for others to end.`,
  );
}
