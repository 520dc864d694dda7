import { Socket } from 'node:net';
import type {
  Announcement,
  BackConnectHello,
  ClientBeginning,
  ClientLimits,
  CutReason,
  Exchange,
  ExchangeCounters,
  ExchangeObserver,
  ListenerDescriptors,
  ListenerSide,
  LiveConnection,
  StreamSocket,
} from '../data-plane.ts';
import type { DescriptorBudget } from '../descriptor-budget.ts';
import { SharedCounters } from '../shared-counters.ts';
import { type Detached, detach } from './detach.ts';
import type { Hairpin } from './hairpin.ts';
import type { LoopThread } from './loop-thread.ts';
import { type Bound, type LoopEvent, type OpenSettings, systemError } from './messages.ts';
import { closeListeners, duplicate } from './system-calls.ts';

/** Of a client that was only accepted. */
const NOTHING_YET: ClientBeginning = { read: new Uint8Array(0), greeting: '' };

/** An exchange that lives in a thread. */
export class RemoteExchange implements Exchange {
  readonly finished: Promise<void>;
  readonly #id: number;
  readonly #thread: LoopThread;
  readonly #observer: ExchangeObserver;
  readonly #budget: DescriptorBudget;
  readonly #hairpin: Hairpin;
  readonly #counters = new SharedCounters();
  readonly #stopped: Promise<void>;
  #opened: (error?: Error) => void = () => {};
  #resolveStopped: () => void = () => {};
  #finish: () => void = () => {};
  #isFinished = false;
  /** Of announcements and holds. */
  #round = 0;
  #lists: ((connections: LiveConnection[]) => void)[] = [];
  #bound: { readonly [side in ListenerSide]?: Bound | undefined } = {};
  readonly #shut = new Set<ListenerSide>();
  #shutting: (() => void)[] = [];
  #accepting: ((error?: Error) => void)[] = [];
  /** Clients that are about to have a socket. */
  readonly #coming = new Set<Promise<void>>();

  private constructor(
    id: number,
    thread: LoopThread,
    observer: ExchangeObserver,
    budget: DescriptorBudget,
    hairpin: Hairpin,
  ) {
    this.#id = id;
    this.#thread = thread;
    this.#observer = observer;
    this.#budget = budget;
    this.#hairpin = hairpin;
    this.#stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Rejects with the system's error. */
  static async open(
    id: number,
    thread: LoopThread,
    settings: OpenSettings,
    observer: ExchangeObserver,
    budget: DescriptorBudget,
    hairpin: Hairpin,
  ): Promise<RemoteExchange> {
    checkLimits(settings.limits);
    const exchange = new RemoteExchange(id, thread, observer, budget, hairpin);
    await new Promise<void>((resolve, reject) => {
      exchange.#opened = (error) => (error === undefined ? resolve() : reject(error));
      thread.listen(id, (event) => exchange.#heard(event));
      thread.send({ do: 'open', id, settings, counters: exchange.#counters.memory });
    });
    return exchange;
  }

  get clientPort(): number {
    return this.#bound.clients?.port ?? 0;
  }

  get backConnectPort(): number {
    return this.#bound.backConnects?.port ?? 0;
  }

  get listeners(): ListenerDescriptors {
    const of = (side: ListenerSide) =>
      this.#shut.has(side) ? undefined : this.#bound[side]?.descriptor;
    return { clients: of('clients'), backConnects: of('backConnects') };
  }

  async shut(side: ListenerSide): Promise<void> {
    this.#shut.add(side);
    if (side === 'clients') await Promise.all(this.#coming);
    if (this.#isFinished) return;
    await new Promise<void>((resolve) => {
      this.#shutting.push(resolve);
      this.#thread.send({ do: 'shut', id: this.#id, side });
    });
  }

  async acceptFrom(listeners: ListenerDescriptors): Promise<void> {
    if (this.#isFinished) {
      closeListeners(listeners);
      throw new Error('it has ended');
    }
    await new Promise<void>((resolve, reject) => {
      this.#accepting.push((error) => (error === undefined ? resolve() : reject(error)));
      this.#thread.send({ do: 'accept-from', id: this.#id, listeners });
    });
    if (listeners.clients !== undefined) this.#shut.delete('clients');
    if (listeners.backConnects !== undefined) this.#shut.delete('backConnects');
  }

  /** The descriptor is duplicated here and now, since its number may be another connection's by the time a thread reads this. */
  announce({ descriptor, ...announcement }: Announcement): void {
    if (this.#isFinished) return;
    this.#round += 1;
    const own = descriptor === undefined ? undefined : duplicate(descriptor);
    const [id, round] = [this.#id, this.#round];
    this.#thread.send({ do: 'announce', id, round, descriptor: own, announcement });
  }

  say(line: string): void {
    this.#thread.send({ do: 'say', id: this.#id, line });
  }

  hold(): void {
    this.#round += 1;
    this.#thread.send({ do: 'hold', id: this.#id });
  }

  park(isParked: boolean): void {
    this.#thread.send({ do: 'set-parked', id: this.#id, isParked });
  }

  readonly hasByteRates = false;

  limit(limits: ClientLimits): void {
    checkLimits(limits);
    this.#thread.send({ do: 'limit', id: this.#id, limits });
  }

  fail(ticket: string): void {
    this.#thread.send({ do: 'fail', id: this.#id, ticket });
  }

  adopt(socket: StreamSocket, hello: BackConnectHello | undefined, rest: Buffer): void {
    if (!(socket instanceof Socket)) throw new Error('this data plane relays sockets only');
    const connection = this.#detach(socket, rest);
    if (connection === undefined) socket.destroy();
    else this.#thread.send({ do: 'adopt', id: this.#id, connection, hello });
  }

  adoptClient(client: StreamSocket, begun = NOTHING_YET): void {
    if (client instanceof Socket) {
      this.#adoptClient(client, begun);
      return;
    }
    const coming = this.#hairpin
      .socketFor(client)
      .then(
        (socket) => this.#adoptClient(socket, begun),
        () => void client.resetAndDestroy(),
      )
      .finally(() => this.#coming.delete(coming));
    this.#coming.add(coming);
  }

  get spares(): number {
    return this.#counters.read().spares;
  }

  counters(): ExchangeCounters {
    return this.#counters.read();
  }

  async connections(): Promise<LiveConnection[]> {
    if (this.#isFinished) return [];
    return new Promise((resolve) => {
      this.#lists.push(resolve);
      this.#thread.send({ do: 'list', id: this.#id });
    });
  }

  async stop(): Promise<void> {
    this.#thread.send({ do: 'stop', id: this.#id });
    await this.#stopped;
  }

  cut(why: CutReason, client?: number): void {
    this.#thread.send({ do: 'cut', id: this.#id, why, client });
  }

  #adoptClient(socket: Socket, { read, greeting, client }: ClientBeginning): void {
    const detached = this.#detach(socket, read);
    const connection = detached && { ...detached, ...client };
    if (connection === undefined) socket.resetAndDestroy();
    else this.#thread.send({ do: 'adopt-client', id: this.#id, connection, greeting });
  }

  /** Undefined when it is gone, or has nowhere to go. */
  #detach(socket: Socket, before: Uint8Array): Detached | undefined {
    const connection = this.#isFinished ? undefined : detach(socket, before);
    // Held already: a budget that is spent goes without until somebody gives back.
    if (connection !== undefined) this.#budget.give(-1);
    return connection;
  }

  #heard(event: LoopEvent): void {
    switch (event[0]) {
      case 'opened':
        this.#bound = { clients: event[2], backConnects: event[3] };
        this.#opened();
        // What comes of it comes in a later message, hence after whoever opened has gone on.
        this.#thread.send({ do: 'start', id: this.#id });
        break;
      case 'not-opened':
        this.#thread.forget(this.#id);
        this.#opened(systemError(event[2]));
        break;
      case 'notify':
        // What is left of an earlier announcement is for a registrant that is gone.
        if (event[2] === this.#round) this.#observer.notify(event[3]);
        break;
      case 'client-waiting':
        this.#observer.clientWaiting({ id: event[2], address: event[3], port: event[4] });
        break;
      case 'client-paired': {
        const [, , id, address, port, waited] = event;
        this.#observer.clientPaired({ id, address, port, waited });
        break;
      }
      case 'client-ended': {
        const [, , id, clientAddress, sourcePort, bytesToServer, bytesToClient, ...how] = event;
        const [ending, firstEnd, waited, lasted] = how;
        const traffic = { bytesToServer, bytesToClient };
        const times = { waited, lasted };
        const who = { id, clientAddress, sourcePort };
        this.#observer.clientEnded({ ...who, ...traffic, ending, firstEnd, ...times });
        break;
      }
      case 'client-refused':
        this.#observer.clientRefused(event[2], event[3]);
        break;
      case 'back-connect-refused':
        this.#observer.backConnectRefused(event[2], event[3]);
        break;
      case 'listed':
        this.#lists.shift()?.(event[2]);
        break;
      case 'shut':
        this.#shutting.shift()?.();
        break;
      case 'accepting':
        this.#bound = { clients: event[2], backConnects: event[3] };
        this.#accepting.shift()?.();
        break;
      case 'not-accepting':
        this.#accepting.shift()?.(systemError(event[2]));
        break;
      case 'stopped':
        this.#resolveStopped();
        break;
      case 'finished':
        this.#over();
        break;
      case 'thread-failed':
        this.#opened(event[2]);
        this.#resolveStopped();
        this.#over();
    }
  }

  #over(): void {
    this.#isFinished = true;
    this.#thread.forget(this.#id);
    for (const resolve of this.#lists.splice(0)) resolve([]);
    for (const resolve of this.#shutting.splice(0)) resolve();
    for (const accepting of this.#accepting.splice(0)) accepting(new Error('it has ended'));
    this.#finish();
  }
}

/** Bytes that stay in the kernel cannot be counted out. */
function checkLimits({ bytesPerSecond }: ClientLimits): void {
  if (bytesPerSecond !== undefined) throw new Error('this data plane has no byte rates');
}
