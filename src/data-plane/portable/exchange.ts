import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { formatNew } from '../../protocol/basic.ts';
import { plainAddress } from '../address.ts';
import type {
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
import { SharedCounters } from '../shared-counters.ts';
import { Pair } from './pair.ts';
import { reset } from './reset.ts';
import { type Listener, listen } from './sockets.ts';

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
  readonly #totals = new SharedCounters();
  #clientListener: Listener | undefined;
  #backConnectListener: Listener | undefined;
  #pairTimer: NodeJS.Timeout | undefined;
  #announced = false;
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
      exchange.clientPort = exchange.#clientListener.port;
      exchange.backConnectPort = exchange.#backConnectListener.port;
    } catch (error) {
      await exchange.stop();
      throw error;
    }
    return exchange;
  }

  announce(): void {
    this.#announced = true;
    for (let n = this.#waiting.size; n > 0; n -= 1) this.#announceClient();
  }

  say(line: string): void {
    this.#observer.notify(line);
  }

  hold(): void {
    notYet();
  }

  park(): void {
    notYet();
  }

  limit(): void {
    notYet();
  }

  fail(): void {
    notYet();
  }

  adopt(): void {
    notYet();
  }

  counters(): ExchangeCounters {
    const counters = this.#totals.read();
    for (const pair of this.#pairs.keys()) {
      counters.bytesToServer += pair.bytesToServer;
      counters.bytesToClient += pair.bytesToClient;
    }
    return { ...counters, waiting: this.#waiting.size, paired: this.#pairs.size };
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
    const { clients, waiting } = this.#settings.limits;
    const isFull = this.#waiting.size + this.#pairs.size >= clients;
    if (isFull || this.#waiting.size >= waiting) {
      this.#refuseClient(socket, isFull ? 'limit' : 'waiting', address);
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
    if (this.#announced) this.#announceClient();
    this.#observer.clientWaiting({ id: client.id, address });
  }

  #announceClient(): void {
    this.#observer.notify(formatNew(this.backConnectPort));
  }

  /**
   * `node:net` cannot leave a connection in the listener's backlog, so an accept
   * that is over the limit or the budget is answered with a reset at once.
   */
  #refuseClient(socket: Socket, cause: ClientRefusal, address: string): void {
    reset(socket);
    this.#totals.refused(cause);
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
    const pair = new Pair({
      client: client.socket,
      server: socket,
      halfCloseTimeout,
      onEnd: (report) => {
        this.#pairs.delete(pair);
        this.#ended(client, report);
        this.#finishIfDone();
      },
    });
    this.#pairs.set(pair, client);
    this.#observer.clientPaired(client.id);
  }

  /** Surplus back-connects are closed, never kept: a later client gets its own. */
  #refuseBackConnect(socket: Socket, cause: BackConnectRefusal, address: string): void {
    socket.destroy();
    this.#totals.refused(cause);
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
    this.#totals.ended(report.ending);
    this.#totals.add('bytesToServer', report.bytesToServer);
    this.#totals.add('bytesToClient', report.bytesToClient);
    const { id, address: clientAddress, waited, arrived } = client;
    const lasted = performance.now() - arrived;
    this.#observer.clientEnded({ id, clientAddress, ...report, waited, lasted });
  }

  #finishIfDone(): void {
    if (this.#stopped && this.#pairs.size === 0) this.#finish();
  }
}

function notYet(): never {
  throw new Error('not made yet');
}
