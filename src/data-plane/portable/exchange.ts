import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type {
  Announcement,
  BackConnectHello,
  ClientBeginning,
  ClientLimits,
  CutReason,
  Exchange,
  ExchangeCounters,
  ExchangeObserver,
  ExchangeSettings,
  ListenerDescriptors,
  ListenerSide,
  LiveConnection,
  PairReport,
  StreamSocket,
  TlsSource,
} from '../data-plane.ts';
import type { DescriptorBudget } from '../descriptor-budget.ts';
import { KEEP_ALIVE_SECONDS, SPARE_KEEP_ALIVE_SECONDS } from '../limits.ts';
import { SharedCounters } from '../shared-counters.ts';
import { Switchboard } from '../switchboard/switchboard.ts';
import type { Beginning, Joined, Wires } from '../switchboard/wires.ts';
import { afterReading } from './after-reading.ts';
import { Alarm } from './alarm.ts';
import { confirmEnd } from './confirm-end.ts';
import { Connection } from './connection.ts';
import { Handshakes } from './handshakes.ts';
import { Pair, type PairThrottle } from './pair.ts';
import { type ListenAt, type Listener, listen } from './sockets.ts';
import { Throttle } from './throttle.ts';

/** An {@link Exchange} on `node:net`. */
export class PortableExchange implements Exchange {
  readonly finished: Promise<void>;
  readonly #settings: ExchangeSettings;
  readonly #observer: ExchangeObserver;
  readonly #budget: DescriptorBudget;
  readonly #counters = new SharedCounters();
  readonly #board: Switchboard<Connection>;
  readonly #alarm = new Alarm((now) => this.#board.tick(now));
  readonly #handshakes = new Handshakes();
  readonly #listeners: Partial<Record<ListenerSide, Listener>> = {};
  #limits: ClientLimits;
  #throttle: PairThrottle | undefined;
  #isStopped = false;
  #finish: () => void = () => {};

  private constructor(
    settings: ExchangeSettings,
    observer: ExchangeObserver,
    budget: DescriptorBudget,
  ) {
    this.#settings = settings;
    this.#observer = observer;
    this.#budget = budget;
    this.#limits = settings.limits;
    this.#throttle = throttleOf(settings.limits);
    this.#board = new Switchboard(settings, this.#wires(), budget, this.#counters, observer);
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
    const { host, clientPort, backConnectPort } = settings;
    try {
      // In this order, so that no client can arrive before its back-connect could.
      if (backConnectPort !== undefined) {
        await exchange.#listen('backConnects', { host, port: backConnectPort });
      }
      if (clientPort !== undefined) await exchange.#listen('clients', { host, port: clientPort });
    } catch (error) {
      await exchange.stop();
      throw error;
    }
    return exchange;
  }

  get clientPort(): number {
    return this.#listeners.clients?.port ?? 0;
  }

  get backConnectPort(): number {
    return this.#listeners.backConnects?.port ?? 0;
  }

  get listeners(): ListenerDescriptors {
    const { clients, backConnects } = this.#listeners;
    return { clients: clients?.descriptor, backConnects: backConnects?.descriptor };
  }

  async shut(side: ListenerSide): Promise<void> {
    this.#listeners[side]?.close();
    if (side === 'clients') await this.#handshakes.settled();
  }

  async acceptFrom({ clients, backConnects }: ListenerDescriptors): Promise<void> {
    if (backConnects !== undefined)
      await this.#listen('backConnects', { descriptor: backConnects });
    if (clients !== undefined) await this.#listen('clients', { descriptor: clients });
  }

  announce(announcement: Announcement): void {
    this.#board.announce(announcement);
  }

  say(line: string): void {
    this.#board.say(line);
  }

  hold(): void {
    this.#board.hold();
  }

  park(isParked: boolean): void {
    this.#board.park(isParked);
  }

  readonly hasByteRates = true;

  limit(limits: ClientLimits): void {
    if (limits.bytesPerSecond !== this.#limits.bytesPerSecond) this.#throttle = throttleOf(limits);
    this.#limits = limits;
    this.#board.limit(limits);
  }

  fail(ticket: string): void {
    this.#board.clients.fail(ticket);
  }

  adopt(socket: StreamSocket, hello: BackConnectHello | undefined, rest: Buffer): void {
    if (socket.destroyed) return;
    this.#countOnce(socket);
    const connection = adopted(socket);
    this.#board.adopt(connection, connection.address, hello, rest);
  }

  adoptClient(client: StreamSocket, begun?: ClientBeginning): void {
    if (client.destroyed) return;
    this.#countOnce(client);
    if (begun === undefined && !this.#isStopped) {
      this.#clientCame(adopted(client, this.#settings.tls?.clients));
      return;
    }
    const connection = adopted(client);
    const { address, port } = begun?.client ?? connection;
    if (this.#isGone(connection)) connection.close();
    else this.#board.adoptClient(connection, address, port, begun);
  }

  get spares(): number {
    return this.#counters.read().spares;
  }

  counters(): ExchangeCounters {
    const counters = this.#counters.read();
    for (const { bytesToServer, bytesToClient } of this.#board.clients.list()) {
      counters.bytesToServer += bytesToServer;
      counters.bytesToClient += bytesToClient;
    }
    return counters;
  }

  async connections(): Promise<LiveConnection[]> {
    return this.#board.clients.list();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#alarm.stop();
    // The callback of close() would wait for the pairs; the listening descriptor is closed at once.
    this.#listeners.clients?.close();
    this.#listeners.backConnects?.close();
    this.#handshakes.stop();
    this.#board.stop();
    this.#finishIfDone();
  }

  cut(why: CutReason, client?: number): void {
    this.#board.clients.cut(why, client);
  }

  async #listen(side: ListenerSide, at: ListenAt): Promise<void> {
    const { tls } = this.#settings;
    const came = (socket: Socket) => {
      const connection = new Connection(socket, tls?.[side]);
      if (side === 'clients') this.#clientCame(connection);
      else this.#backConnectCame(connection);
    };
    const listener = await listen(at, came);
    if (this.#isStopped) listener.close();
    this.#listeners[side] = listener;
  }

  /** Whoever accepted it has it in the budget until it closes, and so has the switchboard from now on. */
  #countOnce(socket: StreamSocket): void {
    this.#budget.give(1);
    socket.once('close', () => this.#budget.give(-1));
  }

  #backConnectCame(connection: Connection): void {
    this.#board.backConnectArrived(connection, connection.address);
  }

  #clientCame(connection: Connection): void {
    const { address } = connection;
    if (this.#isGone(connection)) {
      connection.close();
      return;
    }
    // `node:net` cannot leave a connection in the listener's backlog, hence a reset.
    if (!this.#board.reserve()) this.#board.refuseClient(connection, 'descriptors', address);
    else if (this.#board.admit(connection, address)) this.#clientEntered(connection);
  }

  /** Whether it was reset before it was accepted: an agent cannot be told of a client without an address. */
  #isGone({ address }: Connection): boolean {
    return address === '' && this.#settings.pairing === 'ticket';
  }

  #clientEntered(connection: Connection): void {
    const { address, port } = connection;
    if (this.#settings.tls?.clients === undefined) {
      this.#board.clientArrived(connection, address, port);
      return;
    }
    void this.#handshakes.shake(connection).then((isSecured) => {
      if (isSecured) this.#board.clientArrived(connection, address, port);
      else this.#board.clientLost(address);
    });
  }

  #wires(): Wires<Connection> {
    const backConnectPort = () => this.backConnectPort;
    const observer = this.#observer;
    return {
      get now() {
        return performance.now();
      },
      get backConnectPort() {
        return backConnectPort();
      },
      wakeAt: (moment) => this.#alarm.at(moment),
      afterReading,
      say: (line) => observer.notify(line),
      fetch: observer.fetch && ((client) => observer.fetch?.(client)),
      listen: (connection, ear) => {
        connection.listen(ear);
        return true;
      },
      keepAlive: (connection) => connection.keepAlive(SPARE_KEEP_ALIVE_SECONDS),
      take: (connection, line) => {
        connection.keepAlive(KEEP_ALIVE_SECONDS);
        return connection.send(line);
      },
      join: (client, server, begun, onEnd) => this.#join(client, server, begun, onEnd),
      close: (connection) => connection.close(),
      reset: (connection) => connection.reset(),
    };
  }

  #join(
    client: Connection,
    server: Connection,
    { greeting, read, readOfServer }: Beginning,
    onEnd: (report: PairReport) => void,
  ): Joined {
    client.send(greeting);
    return new Pair({
      client: client.leave(),
      server: server.leave(),
      readOfClient: read,
      readOfServer,
      halfCloseTimeout: this.#settings.halfCloseTimeout,
      idle: this.#limits.idle,
      throttle: this.#throttle,
      onEnd: (report) => {
        this.#counters.add('bytesToServer', report.bytesToServer);
        this.#counters.add('bytesToClient', report.bytesToClient);
        onEnd(report);
        this.#finishIfDone();
      },
    });
  }

  #finishIfDone(): void {
    if (this.#board.isFinished) this.#finish();
  }
}

/**
 * A connection that came in by another door.
 *
 * @param tls - encrypts it, if that is yet to be done
 */
function adopted(socket: StreamSocket, tls?: TlsSource): Connection {
  confirmEnd(socket);
  return new Connection(socket, tls);
}

function throttleOf({ bytesPerSecond }: ClientLimits): PairThrottle | undefined {
  if (bytesPerSecond === undefined) return undefined;
  return { toServer: new Throttle(bytesPerSecond), toClient: new Throttle(bytesPerSecond) };
}
