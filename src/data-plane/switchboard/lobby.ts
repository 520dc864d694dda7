import type { BackConnectHello, BackConnectRefusal } from '../data-plane.ts';
import { DeadlineQueue } from '../deadline-queue.ts';
import type { DescriptorBudget } from '../descriptor-budget.ts';
import { type Beginning, FirstLine } from '../first-line.ts';
import type { SharedCounters } from '../shared-counters.ts';
import { DescriptorShare } from './descriptor-share.ts';
import { type Guest, parseHello } from './guest.ts';
import type { Wires } from './wires.ts';

/** Milliseconds for the first line of a back-connect. */
const FIRST_LINE_TIMEOUT = 5000;

/** Back-connects without a first line, beyond those that clients wait for. */
const MOST_STRANGERS = 256;

/** Octets that one without a first line may say before it has a client. */
const MOST_EARLY = 16 * 1024;

export interface LobbyOwner<C> {
  /** A first line has come. The guest is to be parked, joined or refused. */
  greeted(guest: Guest<C>, hello: BackConnectHello): void;
  /** One without a first line is here. It is to be kept or joined. */
  ready(guest: Guest<C>): void;
  refused(cause: BackConnectRefusal, address: string): void;
}

/**
 * Where back-connects wait: strangers for their first line to come, spares for a client.
 * The spares of a pool have no first line.
 *
 * Anybody can connect. So strangers are bounded in number and time, and give way
 * where descriptors are short. Each client that waits has one put aside for its
 * back-connect; only strangers beyond those, and spares, take some for themselves.
 */
export class Lobby<C> {
  readonly #wires: Wires<C>;
  readonly #counters: SharedCounters;
  readonly #waiting: () => number;
  readonly #owner: LobbyOwner<C>;
  readonly #share: DescriptorShare;
  readonly #strangers = new DeadlineQueue<Guest<C>>(FIRST_LINE_TIMEOUT);
  readonly #spares = new Set<Guest<C>>();
  /** Those of a pool that are ready, and are yet to be read once. */
  readonly #unread = new Set<Guest<C>>();
  #isThinning = false;

  /** @param waiting - how many clients wait */
  constructor(
    wires: Wires<C>,
    budget: DescriptorBudget,
    counters: SharedCounters,
    waiting: () => number,
    owner: LobbyOwner<C>,
  ) {
    this.#wires = wires;
    this.#counters = counters;
    this.#waiting = waiting;
    this.#owner = owner;
    this.#share = new DescriptorShare(budget);
  }

  get spares(): number {
    return this.#spares.size;
  }

  get nextDeadline(): number {
    return this.#strangers.nextDeadline;
  }

  /** Waits for the first line. */
  greet(guest: Guest<C>): void {
    if (!this.listen(guest)) return;
    this.#wires.wakeAt(this.#strangers.join(guest, this.#wires.now));
    this.#makeRoom();
  }

  /** Hears what a guest says. False, and it is refused, when that cannot be. */
  listen(guest: Guest<C>): boolean {
    const firstLine = new FirstLine();
    const isHeard = this.#wires.listen(guest.connection, {
      ready: () => {},
      heard: (bytes) => {
        if (this.#spares.has(guest)) this.#dropSpare(guest);
        else this.#read(guest, firstLine.add(bytes));
      },
      gone: () => this.#lose(guest),
    });
    if (!isHeard) this.refuse(guest, 'hello');
    return isHeard;
  }

  /** Waits until one without a first line is ready, and keeps what it says. */
  receive(guest: Guest<C>): void {
    this.#wires.wakeAt(this.#strangers.join(guest, this.#wires.now));
    const isHeard = this.#wires.listen(guest.connection, {
      ready: () => {
        if (!this.#strangers.leave(guest)) return;
        // It may be dead, which shows when it is read.
        this.#unread.add(guest);
        this.#wires.afterReading(() => {
          if (this.#unread.delete(guest)) this.#owner.ready(guest);
        });
      },
      heard: (bytes) => {
        guest.early = Buffer.concat([guest.early, bytes]);
        if (guest.early.length > MOST_EARLY) this.#lose(guest);
      },
      gone: () => this.#lose(guest),
    });
    if (!isHeard) this.#lose(guest);
    this.#makeRoom();
  }

  /** Keeps a guest that is listened to for a client that is yet to come. */
  park(guest: Guest<C>, most: number): void {
    if (this.#spares.size >= most) {
      this.refuse(guest, 'spare');
      return;
    }
    this.#spares.add(guest);
    this.#counters.add('spares', 1);
    this.#wires.keepAlive(guest.connection);
    this.settle();
  }

  /**
   * The spare that has waited longest of those that are still there.
   *
   * @param line - sent to it
   * @param maySpeak - whether it may have said something
   */
  takeSpare(line: string, maySpeak: boolean): Guest<C> | undefined {
    for (const spare of this.#spares) {
      if (this.#wires.take(spare.connection, line, maySpeak)) {
        this.#forgetSpare(spare);
        return spare;
      }
      this.#dropSpare(spare);
    }
    return undefined;
  }

  closeSpares(): void {
    for (const spare of this.#spares) {
      this.#forgetSpare(spare);
      this.#wires.close(spare.connection);
    }
    this.settle();
  }

  close(): void {
    for (const guest of [...this.#strangers.clear(), ...this.#unread]) {
      this.#unread.delete(guest);
      this.#wires.close(guest.connection);
    }
    this.closeSpares();
  }

  /** Refuses those whose first line did not come in time. */
  expire(now: number): void {
    for (const guest of this.#strangers.expire(now)) this.refuse(guest, 'hello');
  }

  refuse(guest: Guest<C>, cause: BackConnectRefusal): void {
    this.#close(guest, cause);
    this.settle();
  }

  /** Gives up a descriptor that a stranger has for itself. False when none has one. */
  giveWay(): boolean {
    if (this.#unexpected === 0) return false;
    this.#pushOut();
    this.settle();
    return true;
  }

  /** Holds as many descriptors as are needed. To be called when another number of clients waits, or a guest was joined. */
  settle(): void {
    while (!this.#share.hold(this.#spares.size + this.#unexpected)) {
      const [spare] = this.#spares;
      if (this.#unexpected > 0 || spare === undefined) this.#pushOut();
      else this.#loseSpare(spare);
    }
  }

  /** Strangers beyond the clients that wait. */
  get #unexpected(): number {
    return Math.max(0, this.#strangers.size - this.#waiting());
  }

  /** Not at once: of those that came together, each shall have been read before one is pushed out. */
  #makeRoom(): void {
    this.settle();
    if (this.#unexpected <= MOST_STRANGERS || this.#isThinning) return;
    this.#isThinning = true;
    this.#wires.afterReading(() => {
      this.#isThinning = false;
      while (this.#unexpected > MOST_STRANGERS) this.#pushOut();
      this.settle();
    });
  }

  #lose(guest: Guest<C>): void {
    if (this.#spares.has(guest)) this.#dropSpare(guest);
    else if (this.#unread.delete(guest)) this.refuse(guest, 'spare');
    else if (this.#strangers.leave(guest)) this.refuse(guest, 'hello');
  }

  #read(guest: Guest<C>, beginning: Beginning | 'too-long' | undefined): void {
    if (beginning === undefined) return;
    this.#strangers.leave(guest);
    const hello = beginning === 'too-long' ? undefined : parseHello(beginning.line);
    if (beginning === 'too-long' || hello === undefined) this.refuse(guest, 'hello');
    else {
      guest.early = beginning.rest;
      this.#owner.greeted(guest, hello);
    }
  }

  #pushOut(): void {
    const oldest = this.#strangers.first;
    if (oldest === undefined) return;
    this.#strangers.leave(oldest);
    this.#close(oldest, 'pushed-out');
  }

  #dropSpare(spare: Guest<C>): void {
    this.#loseSpare(spare);
    this.settle();
  }

  #loseSpare(spare: Guest<C>): void {
    this.#forgetSpare(spare);
    this.#close(spare, 'spare');
  }

  #forgetSpare(spare: Guest<C>): void {
    this.#spares.delete(spare);
    this.#counters.add('spares', -1);
  }

  #close({ connection, address }: Guest<C>, cause: BackConnectRefusal): void {
    // Counted first: whoever is told shall find it so.
    this.#counters.refused(cause);
    this.#wires.close(connection);
    this.#owner.refused(cause, address);
  }
}
