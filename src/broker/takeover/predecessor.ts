import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../../errors.ts';
import type { Entrance } from '../entrance.ts';
import type { HandoverProgress } from '../events.ts';
import type { Lease } from '../leases/lease-file.ts';
import { until } from '../until.ts';
import type { Channel } from './channel.ts';
import { isTrusted } from './meeting-place.ts';
import { hear, say, VERSION, type Word } from './words.ts';

/** Milliseconds in which who is inside already has to have got somewhere. */
const SETTLE_TIMEOUT = 2000;

/** Milliseconds for the successor to say what it wants, and to open all that it is given. */
const ASK_TIMEOUT = 5000;
const OPEN_TIMEOUT = 15_000;

/** What a broker has that another process can go on with. */
export interface Estate {
  /** By which clients come, at the moment. */
  clientEntrances(): Entrance[];
  /** By which servers come: the control port and the relay ports of pools. */
  serverEntrances(): Entrance[];
  /** Clients, and servers, that have come in and are yet to get where they want. */
  underWay(): { clients: number; servers: number };
  /** Sends away servers that have still not said what they want. Resolves when those who have are registered. */
  dismissServers(): Promise<void>;
  /** From now on, what changes is not written. Resolves with what is written by then. */
  lendLeases(): Promise<Lease[]>;
  takeLeasesBack(): Promise<void>;
  readonly lastId: number;
  /** It is about to end, by itself: nothing is to be opened any more. */
  readonly isClosing: boolean;
  /** The other process serves. */
  handedOver(): void;
}

/** Gives a broker's place to another process, or keeps it when that fails. */
export class Predecessor {
  readonly #estate: Estate;
  readonly #tell: (progress: HandoverProgress) => void;
  /** Of what was shut, so that it can be opened again: until the other process serves, all of it is ours. */
  readonly #kept = new Map<Entrance, number>();
  #areLeasesLent = false;
  #isAllGiven = false;

  constructor(estate: Estate, tell: (progress: HandoverProgress) => void) {
    this.#estate = estate;
    this.#tell = tell;
  }

  /** Resolves with whether the place is given away. */
  async meet(channel: Channel): Promise<boolean> {
    try {
      await this.#greet(channel);
      await this.#empty();
      await this.#give(channel);
      const { said } = await hear(channel, OPEN_TIMEOUT);
      if (said.word === 'failed') throw new Error(said.reason);
      if (said.word !== 'serving') throw new Error(`it said "${said.word}" too early`);
    } catch (error) {
      await this.#goOn(channel, error);
      return false;
    }
    await this.#discard();
    this.#estate.handedOver();
    await say(channel, { word: 'gone' }).catch(() => {});
    channel.close();
    return true;
  }

  async #greet(channel: Channel): Promise<void> {
    if (!isTrusted(channel)) {
      throw new Error(`the process that asks for it belongs to user ${channel.peer?.uid}`);
    }
    const { said } = await hear(channel, ASK_TIMEOUT);
    if (said.word !== 'take') throw new Error(`it said "${said.word}" first`);
    if (said.version !== VERSION) throw new Error('it hands over in another way than this version');
    this.#tell({ stage: 'asked', pid: channel.peer?.pid ?? 0 });
    await say(channel, { word: 'wait' });
  }

  /**
   * Clients first, while their back-connects can still come by the control port, and then servers.
   * Whoever comes meanwhile waits in the queue of a listener that is never closed.
   */
  async #empty(): Promise<void> {
    const estate = this.#estate;
    const deadline = performance.now() + SETTLE_TIMEOUT;
    const settled = (side: 'clients' | 'servers') =>
      until(() => estate.underWay()[side] === 0, deadline - performance.now());
    await this.#shut(estate.clientEntrances(), deadline);
    await settled('clients');
    await this.#shut(estate.serverEntrances(), deadline);
    await settled('servers');
    await estate.dismissServers();
    // Those of servers that came in between.
    await this.#shut(estate.clientEntrances(), deadline);
    await settled('clients');
    this.#tell({ stage: 'shut', waiting: estate.underWay().clients });
  }

  async #shut(entrances: Entrance[], deadline: number): Promise<void> {
    const { duplicate } = await import('./unix-calls.ts');
    this.#checkStays();
    const shutting = entrances
      .filter((entrance) => !this.#kept.has(entrance))
      .map((entrance) => {
        const { descriptor } = entrance;
        if (descriptor === undefined) throw new Error('a listener has no descriptor');
        this.#kept.set(entrance, duplicate(descriptor));
        return entrance.shut();
      });
    await Promise.race([
      Promise.all(shutting),
      delay(deadline - performance.now(), undefined, { ref: false }),
    ]);
  }

  async #give(channel: Channel): Promise<void> {
    this.#areLeasesLent = true;
    const leases = await this.#estate.lendLeases();
    this.#checkStays();
    for (const [{ role, port }, descriptor] of this.#kept) {
      await say(channel, { word: 'listener', role, port }, descriptor);
    }
    for (const lease of leases) await say(channel, { word: 'lease', lease });
    await say(channel, { word: 'all', lastId: this.#estate.lastId });
    this.#isAllGiven = true;
    this.#tell({ stage: 'given', listeners: this.#kept.size, leases: leases.length });
  }

  /** What is being closed has dismissed its agents: their leases are in the file, for whoever is started next. */
  #checkStays(): void {
    if (this.#estate.isClosing) throw new Error('it is being closed');
  }

  /** As if nobody had asked. */
  async #goOn(channel: Channel, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    const last: Word = this.#isAllGiven ? { word: 'back' } : { word: 'refuse', reason };
    await say(channel, last).catch(() => {});
    channel.close();
    if (this.#areLeasesLent) await this.#estate.takeLeasesBack();
    if (this.#estate.isClosing) await this.#discard();
    const reopening = [...this.#kept].map(([entrance, descriptor]) => entrance.reopen(descriptor));
    this.#kept.clear();
    // One whose registration has ended meanwhile stays shut.
    await Promise.allSettled(reopening);
    this.#tell({ stage: 'failed', reason });
  }

  async #discard(): Promise<void> {
    const { close } = await import('./unix-calls.ts');
    for (const descriptor of this.#kept.values()) close(descriptor);
    this.#kept.clear();
  }
}
