import { drawTicket } from '../../protocol/proof.ts';
import type {
  ArrivedClient,
  ClientBeginning,
  ConnectionRecord,
  CutReason,
  ExchangeObserver,
  LiveConnection,
  WaitingEnding,
} from '../data-plane.ts';
import { elapsed } from '../elapsed.ts';
import type { SharedCounters } from '../shared-counters.ts';
import { PairingTable } from './pairing-table.ts';
import type { Joined, Wires } from './wires.ts';

/** Of a client that came by its own door. */
const NOTHING_YET: ClientBeginning = { read: new Uint8Array(0), greeting: '' };

/** A client that is here: it waits, or it is joined. */
export interface Client<C> {
  readonly id: number;
  readonly connection: C;
  readonly address: string;
  readonly port: number;
  /** Nothing any more once it is joined: what was read of it is not kept for as long as it is here. */
  begun: ClientBeginning;
  /** Empty where clients are paired in order. */
  readonly ticket: string;
  readonly arrived: number;
  waited: number;
  joined: Joined | undefined;
}

export type ClientsObserver = Pick<
  ExchangeObserver,
  'clientWaiting' | 'clientPaired' | 'clientEnded'
>;

type Ended = Pick<ConnectionRecord, 'ending' | 'firstEnd' | 'bytesToServer' | 'bytesToClient'>;

/** The clients of an exchange, from their arrival to their end. */
export class Clients<C> {
  readonly #wires: Wires<C>;
  readonly #counters: SharedCounters;
  readonly #observer: ClientsObserver;
  readonly #onGone: (client: Client<C>) => void;
  readonly #hasTickets: boolean;
  readonly #waiting: PairingTable<Client<C>>;
  readonly #paired = new Set<Client<C>>();
  readonly #byTicket = new Map<string, Client<C>>();
  #lastId = 0;

  /** @param onGone - called when nothing is left of a client, behind the observer */
  constructor(
    { pairing, pairTimeout }: { pairing: 'order' | 'ticket'; pairTimeout: number },
    wires: Wires<C>,
    counters: SharedCounters,
    observer: ClientsObserver,
    onGone: (client: Client<C>) => void,
  ) {
    this.#hasTickets = pairing === 'ticket';
    this.#waiting = new PairingTable(pairTimeout);
    this.#wires = wires;
    this.#counters = counters;
    this.#observer = observer;
    this.#onGone = onGone;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get paired(): number {
    return this.#paired.size;
  }

  /** When to call {@link Clients.expire}. */
  get nextDeadline(): number {
    return this.#waiting.nextDeadline;
  }

  /** Who has waited longest. */
  get first(): Client<C> | undefined {
    return this.#waiting.first;
  }

  /** Who waits with this ticket. */
  waitingWith(ticket: string): Client<C> | undefined {
    const client = this.#byTicket.get(ticket);
    return client?.joined === undefined ? client : undefined;
  }

  /** A client that is to {@link Clients.wait} or to be {@link Clients.join}ed: until then nobody knows of it. */
  describe(connection: C, address: string, port: number, begun = NOTHING_YET): Client<C> {
    this.#lastId += 1;
    return {
      id: this.#lastId,
      connection,
      address,
      port,
      begun,
      ticket: this.#hasTickets ? drawTicket() : '',
      arrived: this.#wires.now,
      waited: 0,
      joined: undefined,
    };
  }

  wait(client: Client<C>): void {
    this.#remember(client);
    this.#waiting.wait(client, client.arrived);
    this.#wires.wakeAt(this.#waiting.nextDeadline);
    this.#counters.add('waiting', 1);
    this.#observer.clientWaiting(arrived(client));
  }

  /** @param readOfServer - what has been read of the server already */
  join(client: Client<C>, server: C, readOfServer: Uint8Array): void {
    if (this.#waiting.take(client)) this.#hasWaited(client);
    else this.#remember(client);
    this.#paired.add(client);
    this.#counters.add('paired', 1);
    this.#observer.clientPaired({ ...arrived(client), waited: client.waited });
    const begun = { ...client.begun, readOfServer };
    client.begun = NOTHING_YET;
    client.joined = this.#wires.join(client.connection, server, begun, (report) => {
      this.#paired.delete(client);
      this.#counters.add('paired', -1);
      this.#counters.ended(report.ending);
      this.#ended(client, report);
    });
  }

  /** Nobody is there to fetch who waits: their time stands still. */
  hold(): void {
    this.#waiting.hold();
  }

  /** The time of those who wait begins anew. Returns them. */
  resume(): Client<C>[] {
    const clients = this.#waiting.resume(this.#wires.now);
    this.#wires.wakeAt(this.#waiting.nextDeadline);
    return clients;
  }

  /** Gives up those who have waited long enough. */
  expire(now: number): void {
    for (const client of this.#waiting.expire(now)) this.#giveUp(client, 'unfetched');
  }

  /** Gives up everyone who waits. */
  dismiss(ending: WaitingEnding): void {
    for (const client of this.#waiting.clear()) this.#giveUp(client, ending);
  }

  /** The service cannot be reached for the client with this ticket. */
  fail(ticket: string): void {
    const client = this.#byTicket.get(ticket);
    if (client?.joined !== undefined) client.joined.cut('target-failed');
    else if (client !== undefined && this.#waiting.take(client)) {
      this.#giveUp(client, 'target-failed');
    }
  }

  /** See {@link Exchange.cut}. */
  cut(why: CutReason, id?: number): void {
    if (id === undefined) for (const { joined } of this.#paired) joined?.cut(why);
    else this.#cutOne(why, id);
  }

  /** Those that wait behind those that are paired. */
  list(): LiveConnection[] {
    const { now } = this.#wires;
    return [...this.#paired, ...this.#waiting].map((client) => ({
      id: client.id,
      state: client.joined === undefined ? 'waiting' : 'paired',
      clientAddress: client.address,
      sourcePort: client.port,
      bytesToServer: client.joined?.bytesToServer ?? 0,
      bytesToClient: client.joined?.bytesToClient ?? 0,
      waited: client.joined === undefined ? elapsed(client.arrived, now) : client.waited,
      lasted: elapsed(client.arrived, now),
    }));
  }

  /** Looked for one by one: it is rare, and a table of them would cost every client. */
  #cutOne(why: CutReason, id: number): void {
    const paired = [...this.#paired].find((client) => client.id === id);
    const waiting = [...this.#waiting].find((client) => client.id === id);
    paired?.joined?.cut(why);
    if (waiting !== undefined && this.#waiting.take(waiting)) this.#giveUp(waiting, 'kicked');
  }

  #remember(client: Client<C>): void {
    if (this.#hasTickets) this.#byTicket.set(client.ticket, client);
  }

  /** To be called for a client that has left the queue. */
  #hasWaited(client: Client<C>): void {
    this.#counters.add('waiting', -1);
    client.waited = elapsed(client.arrived, this.#wires.now);
  }

  #giveUp(client: Client<C>, ending: WaitingEnding): void {
    this.#hasWaited(client);
    // Counted first: whoever is reset shall find it so.
    this.#counters.ended(ending);
    this.#wires.reset(client.connection);
    this.#ended(client, { bytesToServer: 0, bytesToClient: 0, ending, firstEnd: undefined });
  }

  #ended(client: Client<C>, { ending, firstEnd, bytesToServer, bytesToClient }: Ended): void {
    const { id, address: clientAddress, port: sourcePort, waited, ticket } = client;
    this.#byTicket.delete(ticket);
    const lasted = elapsed(client.arrived, this.#wires.now);
    const how = { bytesToServer, bytesToClient, ending, firstEnd, waited, lasted };
    this.#observer.clientEnded({ id, clientAddress, sourcePort, ...how });
    this.#onGone(client);
  }
}

function arrived({ id, address, port }: Client<unknown>): ArrivedClient {
  return { id, address, port };
}
