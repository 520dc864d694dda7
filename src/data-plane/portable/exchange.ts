import type { Server, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { plainAddress } from '../address.ts';
import type {
  Announcement,
  BackConnectRefusal,
  ClientRefusal,
  ConnectionRecord,
  Exchange,
  ExchangeCounters,
  ExchangeObserver,
  ExchangeSettings,
  LiveConnection,
} from '../data-plane.ts';
import type { DescriptorBudget } from '../descriptor-budget.ts';
import { DESCRIPTORS_PER_CLIENT } from '../limits.ts';
import { PairingTable } from '../pairing-table.ts';
import { Pair } from './pair.ts';
import { reset } from './reset.ts';
import { listen, portOf } from './sockets.ts';

interface Client {
  id: number;
  socket: Socket;
  address: string;
  arrived: number;
  waited: number;
}

type ConnectionEnd = Pick<ConnectionRecord, 'bytesToServer' | 'bytesToClient' | 'ending'>;

/** An {@link Exchange} on `node:net`. */
export class PortableExchange implements Exchange {
  readonly finished: Promise<void>;
  clientPort = 0;
  backConnectPort = 0;
  readonly #settings: ExchangeSettings;
  readonly #observer: ExchangeObserver;
  readonly #budget: DescriptorBudget;
  readonly #waiting: PairingTable<Client>;
  readonly #pairs = new Map<Pair, Client>();
  readonly #totals = emptyCounters();
  #clientListener: Server | undefined;
  #backConnectListener: Server | undefined;
  #pairTimer: NodeJS.Timeout | undefined;
  #line = '';
  #lastId = 0;
  #stopped = false;
  #finish: () => void = () => {};

  private constructor(
    settings: ExchangeSettings,
    observer: ExchangeObserver,
    budget: DescriptorBudget,
  ) {
    this.#settings = settings;
    this.#observer = observer;
    this.#budget = budget;
    this.#waiting = new PairingTable(settings.pairTimeout);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  static async open(
    settings: ExchangeSettings,
    observer: ExchangeObserver,
    budget: DescriptorBudget,
  ): Promise<PortableExchange> {
    const exchange = new PortableExchange(settings, observer, budget);
    const { host, clientPort } = settings;
    try {
      // In this order, so that no client can arrive before its back-connect could.
      exchange.#backConnectListener = await listen({ host, port: 0 }, (socket) =>
        exchange.#backConnectArrived(socket),
      );
      exchange.#clientListener = await listen({ host, port: clientPort }, (socket) =>
        exchange.#clientArrived(socket),
      );
      exchange.clientPort = portOf(exchange.#clientListener);
      exchange.backConnectPort = portOf(exchange.#backConnectListener);
    } catch (error) {
      await exchange.stop();
      throw error;
    }
    return exchange;
  }

  announce({ line }: Announcement): void {
    this.#line = line;
  }

  counters(): ExchangeCounters {
    const { ended, refused } = this.#totals;
    let { bytesToServer, bytesToClient } = this.#totals;
    for (const pair of this.#pairs.keys()) {
      bytesToServer += pair.bytesToServer;
      bytesToClient += pair.bytesToClient;
    }
    return {
      waiting: this.#waiting.size,
      paired: this.#pairs.size,
      ended: { ...ended },
      refused: { ...refused },
      bytesToServer,
      bytesToClient,
    };
  }

  async connections(): Promise<LiveConnection[]> {
    const now = performance.now();
    return [...this.#pairs].map(([pair, { id, address, arrived, waited }]) => ({
      id,
      clientAddress: address,
      bytesToServer: pair.bytesToServer,
      bytesToClient: pair.bytesToClient,
      waited,
      lasted: now - arrived,
    }));
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#pairTimer);
    // The callback of close() would wait for the pairs; the listening descriptor is closed at once.
    this.#clientListener?.close();
    this.#backConnectListener?.close();
    for (const client of this.#waiting.clear()) this.#giveUp(client, 'stopped');
    this.#finishIfDone();
  }

  cut(): void {
    for (const pair of this.#pairs.keys()) pair.cut();
  }

  #clientArrived(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const { maxClients } = this.#settings;
    if (this.#waiting.size + this.#pairs.size >= maxClients) {
      this.#refuseClient(socket, 'limit', address);
      return;
    }
    if (!this.#budget.take(DESCRIPTORS_PER_CLIENT)) {
      this.#refuseClient(socket, 'descriptors', address);
      return;
    }
    const now = performance.now();
    this.#lastId += 1;
    const client: Client = { id: this.#lastId, socket, address, arrived: now, waited: 0 };
    this.#waiting.wait(client, now);
    if (this.#pairTimer === undefined) this.#armPairTimer(now);
    if (this.#line !== '') this.#observer.notify(this.#line);
    this.#observer.clientWaiting({ id: client.id, address });
  }

  /**
   * `node:net` cannot leave a connection in the listener's backlog, so an accept
   * that is over the limit or the budget is answered with a reset at once.
   */
  #refuseClient(socket: Socket, cause: ClientRefusal, address: string): void {
    reset(socket);
    this.#totals.refused[cause] += 1;
    this.#observer.clientRefused(cause, address);
  }

  #backConnectArrived(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const { backConnectFrom, halfCloseTimeout } = this.#settings;
    if (backConnectFrom !== undefined && address !== backConnectFrom) {
      this.#refuseBackConnect(socket, 'address', address);
      return;
    }
    const client = this.#waiting.take();
    if (client === undefined) {
      this.#refuseBackConnect(socket, 'no-client', address);
      return;
    }
    client.waited = performance.now() - client.arrived;
    const pair = new Pair(client.socket, socket, halfCloseTimeout, (report) => {
      this.#pairs.delete(pair);
      this.#ended(client, report);
      this.#finishIfDone();
    });
    this.#pairs.set(pair, client);
    this.#observer.clientPaired(client.id);
  }

  /** Surplus back-connects are closed, never kept: a later client gets its own. */
  #refuseBackConnect(socket: Socket, cause: BackConnectRefusal, address: string): void {
    socket.destroy();
    this.#totals.refused[cause] += 1;
    this.#observer.backConnectRefused(cause, address);
  }

  #armPairTimer(now: number): void {
    const deadline = this.#waiting.nextDeadline;
    this.#pairTimer =
      deadline === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(() => {
            const later = performance.now();
            for (const client of this.#waiting.expire(later)) this.#giveUp(client, 'unfetched');
            this.#armPairTimer(later);
          }, deadline - now);
  }

  #giveUp(client: Client, ending: 'unfetched' | 'stopped'): void {
    client.waited = performance.now() - client.arrived;
    reset(client.socket);
    this.#ended(client, { bytesToServer: 0, bytesToClient: 0, ending });
  }

  #ended(client: Client, report: ConnectionEnd): void {
    this.#budget.give(DESCRIPTORS_PER_CLIENT);
    this.#totals.ended[report.ending] += 1;
    this.#totals.bytesToServer += report.bytesToServer;
    this.#totals.bytesToClient += report.bytesToClient;
    const { id, address: clientAddress, waited, arrived } = client;
    const lasted = performance.now() - arrived;
    this.#observer.clientEnded({ id, clientAddress, ...report, waited, lasted });
  }

  #finishIfDone(): void {
    if (this.#stopped && this.#pairs.size === 0) this.#finish();
  }
}

function emptyCounters(): ExchangeCounters {
  return {
    waiting: 0,
    paired: 0,
    ended: {
      eof: 0,
      'client-reset': 0,
      'server-reset': 0,
      'half-close-timeout': 0,
      cut: 0,
      unfetched: 0,
      stopped: 0,
    },
    refused: { limit: 0, descriptors: 0, address: 0, 'no-client': 0 },
    bytesToServer: 0,
    bytesToClient: 0,
  };
}
