import { sameProof } from '../../protocol/proof.ts';
import { AddressList } from '../address-list.ts';
import type {
  Announcement,
  BackConnectHello,
  ClientBeginning,
  ClientLimits,
  ClientRefusal,
  ExchangeObserver,
  ExchangeSettings,
} from '../data-plane.ts';
import type { DescriptorBudget } from '../descriptor-budget.ts';
import { DESCRIPTORS_PER_CLIENT } from '../limits.ts';
import type { SharedCounters } from '../shared-counters.ts';
import { Admission } from './admission.ts';
import { type Client, Clients } from './clients.ts';
import type { Guest } from './guest.ts';
import { Lobby } from './lobby.ts';
import { announcementOf, introductionOf } from './notices.ts';
import type { Wires } from './wires.ts';

/** What a switchboard goes by. */
export type SwitchboardSettings = Pick<
  ExchangeSettings,
  'pairing' | 'backConnectFrom' | 'limits' | 'pairTimeout'
>;

/** How the registrant is told. The lines are written by whoever holds the connections. */
export type SwitchboardAnnouncement = Omit<Announcement, 'descriptor'>;

/** Told all but the lines, which are for the registrant. */
export type SwitchboardObserver = Omit<ExchangeObserver, 'notify' | 'fetch'>;

const NOTHING = Buffer.alloc(0);

/**
 * Joins the clients of one registration with its back-connects: who is let in,
 * who waits, who is meant for whom, and what the registrant is told of it. It
 * knows connections only as things that others handle, see {@link Wires}.
 */
export class Switchboard<C> {
  /** Those who are here, for what concerns nobody else: to fail, cut and list them. */
  readonly clients: Clients<C>;
  readonly #settings: SwitchboardSettings;
  readonly #wires: Wires<C>;
  readonly #budget: DescriptorBudget;
  readonly #counters: SharedCounters;
  readonly #observer: SwitchboardObserver;
  readonly #admission: Admission;
  readonly #lobby: Lobby<C>;
  /** Where they may be, where that is more than one address. */
  readonly #registrants: AddressList | undefined;
  #mostWaiting: number;
  #announcement: SwitchboardAnnouncement = {};
  #isHeld = false;
  #isParked = false;
  #isStopped = false;

  constructor(
    settings: SwitchboardSettings,
    wires: Wires<C>,
    budget: DescriptorBudget,
    counters: SharedCounters,
    observer: SwitchboardObserver,
  ) {
    this.#settings = settings;
    this.#wires = wires;
    this.#budget = budget;
    this.#counters = counters;
    this.#observer = observer;
    this.#admission = new Admission(settings.limits, wires.now);
    const { backConnectFrom } = settings;
    if (typeof backConnectFrom === 'object') this.#registrants = new AddressList(backConnectFrom);
    this.#mostWaiting = settings.limits.waiting;
    this.clients = new Clients(settings, wires, counters, observer, ({ address }) => {
      this.clientLost(address);
      this.#lobby.settle();
    });
    this.#lobby = new Lobby(wires, budget, counters, () => this.clients.waiting, {
      greeted: (guest, hello) => this.#greeted(guest, hello),
      ready: (guest) => this.#cameToPool(guest),
      refused: (cause, address) => observer.backConnectRefused(cause, address),
    });
    this.hold();
  }

  /** Whether it is stopped and its last pair has ended. */
  get isFinished(): boolean {
    return this.#isStopped && this.clients.paired === 0;
  }

  /** See {@link Exchange.announce}. */
  announce(announcement: SwitchboardAnnouncement): void {
    if (this.#isStopped) return;
    this.hold();
    this.#isHeld = false;
    this.#announcement = announcement;
    for (const client of this.clients.resume()) this.#announce(client);
  }

  /** See {@link Exchange.hold}. An exchange begins so. */
  hold(): void {
    this.#isHeld = true;
    this.#announcement = {};
    this.clients.hold();
    this.#lobby.closeSpares();
  }

  /** See {@link Exchange.say}. */
  say(line: string): void {
    if (!this.#isHeld) this.#wires.say(line);
  }

  /** See {@link Exchange.park}. */
  park(isParked: boolean): void {
    this.#isParked = isParked;
    if (isParked) this.clients.dismiss('target-failed');
  }

  /** See {@link Exchange.limit}. */
  limit(limits: ClientLimits): void {
    this.#admission.limit(limits, this.#wires.now);
    this.#mostWaiting = limits.waiting;
  }

  /** Puts aside the descriptors for a client that is about to be accepted. Strangers give theirs up for it. */
  reserve(): boolean {
    while (!this.#budget.take(DESCRIPTORS_PER_CLIENT)) if (!this.#lobby.giveWay()) return false;
    return true;
  }

  /** None was to be accepted. */
  unreserve(): void {
    this.#budget.give(DESCRIPTORS_PER_CLIENT);
  }

  /**
   * Whether a client that was reserved for is let in, to be followed by
   * {@link Switchboard.clientArrived} or {@link Switchboard.clientLost}. If not, it is reset.
   */
  admit(connection: C, address: string): boolean {
    const cause = this.#admission.enter(address, this.#wires.now);
    if (cause === undefined) return true;
    this.unreserve();
    this.refuseClient(connection, cause, address);
    return false;
  }

  /** A client that was let in is gone. */
  clientLost(address: string): void {
    this.#admission.leave(address);
    this.unreserve();
  }

  clientArrived(connection: C, address: string, port: number, begun?: ClientBeginning): void {
    if (this.#isParked) {
      this.#turnAway(connection, 'parked', address);
      return;
    }
    const client = this.clients.describe(connection, address, port, begun);
    if (this.#joinWithSpare(client)) return;
    if (this.clients.waiting >= this.#mostWaiting) {
      this.#turnAway(connection, 'waiting', address);
      return;
    }
    this.clients.wait(client);
    this.#lobby.settle();
    if (!this.#isHeld) this.#announce(client);
  }

  /** See {@link Exchange.adoptClient}. */
  adoptClient(connection: C, address: string, port: number, begun?: ClientBeginning): void {
    if (this.#isStopped) this.#wires.reset(connection);
    else if (!this.reserve()) this.refuseClient(connection, 'descriptors', address);
    else if (this.admit(connection, address)) {
      this.clientArrived(connection, address, port, begun);
    }
  }

  refuseClient(connection: C, cause: ClientRefusal, address: string): void {
    // Counted first: whoever is reset shall find it so.
    this.#counters.refused(cause);
    this.#wires.reset(connection);
    this.#observer.clientRefused(cause, address);
  }

  /** A back-connect came by its own door. */
  backConnectArrived(connection: C, address: string): void {
    const guest = { connection, address, early: NOTHING };
    if (!this.#isRegistrant(address)) this.#lobby.refuse(guest, 'address');
    else if (this.#settings.pairing === 'ticket') this.#lobby.greet(guest);
    else this.#cameByItself(guest);
  }

  /** See {@link Exchange.adopt}. */
  adopt(
    connection: C,
    address: string,
    hello: BackConnectHello | undefined,
    read: Uint8Array,
  ): void {
    const guest = { connection, address, early: Buffer.from(read) };
    if (this.#isStopped) this.#wires.close(connection);
    else if (!this.#isRegistrant(address)) this.#lobby.refuse(guest, 'address');
    else if (hello === undefined) this.#cameByItself(guest);
    else if (this.#lobby.listen(guest)) this.#greeted(guest, hello);
  }

  /** Acts on what is due and returns when to come again. */
  tick(now: number): number {
    this.clients.expire(now);
    this.#lobby.expire(now);
    return Math.min(this.clients.nextDeadline, this.#lobby.nextDeadline);
  }

  /** Nobody comes any more. Those who wait are reset, and pairs run on. */
  stop(): void {
    this.#isStopped = true;
    this.#lobby.close();
    this.clients.dismiss('stopped');
  }

  #isRegistrant(address: string): boolean {
    const { backConnectFrom } = this.#settings;
    if (this.#registrants !== undefined) return this.#registrants.has(address);
    return backConnectFrom === undefined || address === backConnectFrom;
  }

  #announce(client: Client<C>): void {
    const { bare = false, pool } = this.#announcement;
    if (pool !== undefined) return;
    const { fetch, backConnectPort } = this.#wires;
    if (fetch !== undefined) fetch(client);
    else this.#wires.say(announcementOf(client, backConnectPort, bare));
  }

  #joinWithSpare(client: Client<C>): boolean {
    if (this.#lobby.spares === 0) return false;
    const { pool } = this.#announcement;
    const line = pool === undefined ? introductionOf(client) : pool.introduction;
    const spare = this.#lobby.takeSpare(line, pool !== undefined);
    if (spare === undefined) return false;
    this.clients.join(client, spare.connection, spare.early);
    this.#lobby.settle();
    return true;
  }

  #turnAway(connection: C, cause: ClientRefusal, address: string): void {
    this.clientLost(address);
    this.refuseClient(connection, cause, address);
  }

  /** One without a first line: it takes whoever has waited longest, or waits in the pool. */
  #cameByItself(guest: Guest<C>): void {
    if (this.#announcement.pool === undefined) {
      this.#fetch(guest, this.clients.first, 'no-client');
    } else {
      this.#lobby.receive(guest);
    }
  }

  #cameToPool(guest: Guest<C>): void {
    const { first } = this.clients;
    const { pool } = this.#announcement;
    if (pool === undefined) this.#lobby.refuse(guest, 'no-client');
    else if (first === undefined) this.#lobby.park(guest, pool.most);
    else if (this.#wires.take(guest.connection, pool.introduction, true)) {
      this.#fetch(guest, first, 'no-client');
    } else {
      this.#lobby.refuse(guest, 'hello');
    }
  }

  #greeted(guest: Guest<C>, { word, ticket }: BackConnectHello): void {
    const { spares } = this.#announcement;
    if (word === 'TICKET') {
      this.#fetch(guest, this.clients.waitingWith(ticket), 'ticket');
    } else if (spares === undefined || !sameProof(ticket, spares.ticket)) {
      this.#lobby.refuse(guest, 'ticket');
    } else if (guest.early.length > 0) {
      this.#lobby.refuse(guest, 'spare');
    } else {
      this.#lobby.park(guest, spares.most);
    }
  }

  /** A back-connect without a client is closed, never kept for one that comes later. */
  #fetch(guest: Guest<C>, client: Client<C> | undefined, without: 'no-client' | 'ticket'): void {
    if (client === undefined) {
      this.#lobby.refuse(guest, without);
      return;
    }
    this.clients.join(client, guest.connection, guest.early);
    this.#lobby.settle();
  }
}
