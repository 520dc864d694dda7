import { formatNew } from '../../../protocol/basic.ts';
import type { LiveConnection, PairEnding, WaitingEnding } from '../../data-plane.ts';
import { DeadlineQueue } from '../../deadline-queue.ts';
import { BACKLOG, DESCRIPTORS_PER_CLIENT } from '../../limits.ts';
import { PairingTable } from '../../pairing-table.ts';
import { SharedCounters } from '../../shared-counters.ts';
import type { OpenSettings, Traffic } from '../messages.ts';
import { close, listen, reset } from '../system-calls.ts';
import { Acceptor } from './acceptor.ts';
import type { Announcer } from './announcer.ts';
import type { Timed } from './loop.ts';
import { Pair, type PairOwner } from './pair.ts';
import type { Relay } from './relay.ts';

interface Client {
  id: number;
  descriptor: number;
  address: string;
  arrived: number;
  waited: number;
}

/** One registration's listeners and connections, as descriptors of this thread. */
export class LinuxExchange implements Timed, PairOwner {
  readonly clientPort: number;
  readonly backConnectPort: number;
  readonly halfClosed: DeadlineQueue<Pair>;
  readonly #id: number;
  readonly #settings: OpenSettings;
  readonly #relay: Relay;
  readonly #counters: SharedCounters;
  readonly #onFinished: () => void;
  readonly #clients: Acceptor;
  readonly #backConnects: Acceptor;
  readonly #waiting: PairingTable<Client>;
  readonly #pairs = new Map<Pair, Client>();
  readonly #line: string;
  #announcer: Announcer | undefined;
  #lastId = 0;
  #stopped = false;

  /** Throws the system's error and leaves nothing open. */
  constructor(
    id: number,
    settings: OpenSettings,
    memory: SharedArrayBuffer,
    relay: Relay,
    onFinished: () => void,
  ) {
    this.#id = id;
    this.#settings = settings;
    this.#relay = relay;
    this.#counters = new SharedCounters(memory);
    this.#onFinished = onFinished;
    this.#waiting = new PairingTable(settings.pairTimeout);
    this.halfClosed = new DeadlineQueue(settings.halfCloseTimeout);

    const { address, clientPort } = settings;
    const backConnects = listen({ address, port: 0 }, BACKLOG);
    try {
      const clients = listen({ address, port: clientPort }, BACKLOG);
      this.clientPort = clients.port;
      this.#clients = new Acceptor(relay, clients.descriptor, {
        admit: () => this.#admit(),
        noConnection: () => relay.budget.give(DESCRIPTORS_PER_CLIENT),
        connection: (descriptor, address) => this.#clientArrived(descriptor, address),
      });
    } catch (error) {
      close(backConnects.descriptor);
      throw error;
    }
    this.backConnectPort = backConnects.port;
    this.#line = formatNew(backConnects.port);
    // Its descriptors were put aside when the client came.
    this.#backConnects = new Acceptor(relay, backConnects.descriptor, {
      admit: () => true,
      noConnection: () => {},
      connection: (descriptor, address) => this.#backConnectArrived(descriptor, address),
    });
  }

  start(): void {
    if (this.#stopped) return;
    this.#relay.loop.addTimed(this);
    this.#backConnects.start();
    this.#clients.start();
  }

  /** Also of those who came before this could be told: they have been accepted meanwhile. */
  announceWith(announcer: Announcer): void {
    if (this.#announcer === undefined) {
      for (let n = this.#waiting.size; n > 0; n -= 1) announcer.say(this.#line);
    }
    this.#announcer?.close();
    this.#announcer = announcer;
    if (this.#stopped) announcer.close();
  }

  say(line: string): void {
    this.#announcer?.say(line);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#announcer?.close();
    this.#clients.close();
    this.#backConnects.close();
    for (const client of this.#waiting.clear()) this.#giveUp(client, 'stopped');
    this.#relay.outbox.tell(['stopped', this.#id]);
    this.#finishIfDone();
  }

  cut(): void {
    for (const pair of this.#pairs.keys()) pair.cut('cut');
  }

  list(): LiveConnection[] {
    const { now } = this.#relay.loop;
    return [...this.#pairs].map(([pair, { id, address: clientAddress, arrived, waited }]) => {
      const [bytesToServer, bytesToClient] = pair.traffic;
      return { id, clientAddress, bytesToServer, bytesToClient, waited, lasted: now - arrived };
    });
  }

  tick(now: number): number {
    for (const client of this.#waiting.expire(now)) this.#giveUp(client, 'unfetched');
    for (const pair of this.halfClosed.expire(now)) pair.cut('half-close-timeout');
    return Math.min(
      this.#waiting.nextDeadline,
      this.halfClosed.nextDeadline,
      this.#clients.tick(now),
      this.#backConnects.tick(now),
    );
  }

  moved(_: Pair, toServer: boolean, count: number): void {
    this.#counters.add(toServer ? 'bytesToServer' : 'bytesToClient', count);
  }

  pairEnded(pair: Pair, ending: PairEnding): void {
    const client = this.#pairs.get(pair);
    if (client === undefined) return;
    this.#pairs.delete(pair);
    this.#counters.add('paired', -1);
    this.#ended(client, pair.traffic, ending);
    this.#finishIfDone();
  }

  #admit(): boolean {
    const { budget, outbox } = this.#relay;
    if (outbox.isBacklogged) return false;
    if (budget.take(DESCRIPTORS_PER_CLIENT)) return true;
    outbox.warn('accept');
    return false;
  }

  #clientArrived(descriptor: number, address: string): void {
    const { budget, loop, outbox } = this.#relay;
    const { clients, waiting } = this.#settings.limits;
    const isFull = this.#waiting.size + this.#pairs.size >= clients;
    if (isFull || this.#waiting.size >= waiting) {
      const cause = isFull ? 'limit' : 'waiting';
      reset(descriptor);
      budget.give(DESCRIPTORS_PER_CLIENT);
      this.#counters.refused(cause);
      outbox.mention(['client-refused', this.#id, cause, address]);
      return;
    }
    this.#lastId += 1;
    const client = { id: this.#lastId, descriptor, address, arrived: loop.now, waited: 0 };
    loop.tickAt(this.#waiting.wait(client, loop.now));
    this.#counters.add('waiting', 1);
    outbox.mention(['client-waiting', this.#id, client.id, address]);
    this.#announcer?.say(this.#line);
  }

  #backConnectArrived(descriptor: number, address: string): void {
    const { loop, outbox } = this.#relay;
    const { backConnectFrom } = this.#settings;
    const isForeign = backConnectFrom !== undefined && address !== backConnectFrom;
    const client = isForeign ? undefined : this.#waiting.take();
    if (client === undefined) {
      // Surplus back-connects are closed, never kept: a later client gets its own.
      close(descriptor);
      const cause = isForeign ? 'address' : 'no-client';
      this.#counters.refused(cause);
      // They are not held up like clients, so it is their events that must not pile up.
      if (!outbox.isBacklogged) outbox.mention(['back-connect-refused', this.#id, cause, address]);
      return;
    }
    client.waited = loop.now - client.arrived;
    this.#counters.add('waiting', -1);
    this.#counters.add('paired', 1);
    const pair = new Pair(this.#relay, client.descriptor, descriptor, this);
    this.#pairs.set(pair, client);
    outbox.mention(['client-paired', this.#id, client.id]);
    pair.watch();
  }

  #giveUp(client: Client, ending: WaitingEnding): void {
    client.waited = this.#relay.loop.now - client.arrived;
    reset(client.descriptor);
    this.#counters.add('waiting', -1);
    this.#ended(client, [0, 0], ending);
  }

  #ended(client: Client, traffic: Traffic, ending: PairEnding | WaitingEnding): void {
    const { budget, loop, outbox } = this.#relay;
    budget.give(DESCRIPTORS_PER_CLIENT);
    this.#counters.ended(ending);
    const { id, address, waited, arrived } = client;
    const lasted = loop.now - arrived;
    outbox.mention(['client-ended', this.#id, id, address, ...traffic, ending, waited, lasted]);
  }

  #finishIfDone(): void {
    if (!this.#stopped || this.#pairs.size > 0) return;
    this.#relay.loop.removeTimed(this);
    this.#relay.outbox.tell(['finished', this.#id]);
    this.#onFinished();
  }
}
