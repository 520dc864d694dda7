import { performance } from 'node:perf_hooks';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { reasonOf } from '../../errors.ts';
import type { StoreObserver } from '../store.ts';
import { type Delivered, Delivery } from './delivery.ts';
import { decodeKey } from './keys.ts';
import type { Trouble } from './trouble.ts';

/** Milliseconds of silence after which all is asked for anew: three signs of life. */
const SILENCE = 3000;

/** Milliseconds between two looks, and two tries. */
const PAUSE = 250;

/** Milliseconds for a server that leads just now to have all that it is to have: it may answer before. */
const CATCHING_UP = 5000;

/** Milliseconds for which a deletion is remembered: longer than it takes one of the members to purge it. */
const KEPT = 1_800_000;

/** Octets of a value: what members write is far shorter. */
const LONGEST_VALUE = 65_536;

/** A deletion, and when this process was told of it. */
export interface Tombstone {
  revision: number;
  seenAt: number;
}

export interface WatchedBucket {
  /** Of the keys' subjects, with a dot at the end. */
  prefix: string;
  /** Makes it where it is not there. */
  ensure(): Promise<StreamInfo>;
  /** Why NATS is not connected to, while it is not. */
  whyNot(): string;
}

/**
 * Everything in a bucket and each change of it. Whenever something may be missing, all is told anew: consumers could
 * go on after the last message that they delivered, but deletions may have been purged by then, and the bucket
 * may be another one.
 */
export class NatsWatch {
  /** Deletions that may not be purged yet, by key, in the order in which they were told. */
  readonly tombstones = new Map<string, Tombstone>();
  readonly #nc: NatsConnection;
  readonly #jsm: JetStreamManager;
  readonly #bucket: WatchedBucket;
  readonly #observer: StoreObserver;
  readonly #trouble: Trouble;
  readonly #timer: NodeJS.Timeout;
  #delivery: Delivery | undefined;
  #isBeginning = false;
  #isConnected = true;
  #isClosed = false;
  /** When the bucket was made, as NATS says. */
  #made: string | undefined;
  #lastRevision = 0;
  /** Since when NATS has less than it had. */
  #behindSince: number | undefined;

  constructor(
    nc: NatsConnection,
    jsm: JetStreamManager,
    bucket: WatchedBucket,
    observer: StoreObserver,
    trouble: Trouble,
  ) {
    this.#nc = nc;
    this.#jsm = jsm;
    this.#bucket = bucket;
    this.#observer = observer;
    this.#trouble = trouble;
    this.#timer = setInterval(() => this.#look(), PAUSE);
    this.#look();
  }

  /** Whether NATS is connected to is not what it was. */
  connected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#broken();
    this.#look();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#delivery?.close();
  }

  #look(): void {
    this.#forget(performance.now() - KEPT);
    if (this.#delivery !== undefined && this.#delivery.silence > SILENCE) this.#broken();
    const isIdle = this.#delivery === undefined && !this.#isBeginning;
    if (!this.#isConnected) this.#trouble.about(this.#bucket.whyNot());
    else if (isIdle && !this.#isClosed) void this.#begin();
  }

  /** Others purge them, and do not tell. */
  #forget(before: number): void {
    for (const [key, { seenAt }] of this.tombstones) {
      if (seenAt > before) return;
      this.tombstones.delete(key);
    }
  }

  async #begin(): Promise<void> {
    this.#isBeginning = true;
    const { prefix } = this.#bucket;
    try {
      const found = await this.#bucket.ensure();
      const { cluster, created, config, state } = found;
      // Where nobody leads, a server answers by what it has itself, which may be long past.
      if (cluster !== undefined && !cluster.leader) throw new Error('no server leads the bucket');
      if (this.#isClosed || this.#isCatchingUp(found)) return;
      const isKnown = this.#made !== undefined;
      const isAnother = isKnown && (created !== this.#made || state.last_seq < this.#lastRevision);
      this.#made = created;
      this.#lastRevision = state.last_seq;
      this.tombstones.clear();
      this.#observer.begins(isAnother);
      const delivery = await Delivery.begin(this.#nc, this.#jsm, config.name, `${prefix}>`, {
        delivered: (message) => this.#delivered(message),
        complete: () => this.#observer.complete(),
        broken: () => this.#broken(),
      });
      if (this.#isClosed || !this.#isConnected) delivery.close();
      if (!delivery.isClosed) this.#delivery = delivery;
      this.#trouble.over();
    } catch (error) {
      // It is tried again: mostly, JetStream has no leader, or has just lost it.
      this.#trouble.about(reasonOf(error));
    } finally {
      this.#isBeginning = false;
    }
  }

  /** NATS may have lost for good what it did not write to its disks in time; that shows only after a while. */
  #isCatchingUp({ created, state }: StreamInfo): boolean {
    const isBehind = created === this.#made && state.last_seq < this.#lastRevision;
    this.#behindSince = isBehind ? (this.#behindSince ?? performance.now()) : undefined;
    return isBehind && performance.now() - (this.#behindSince ?? 0) < CATCHING_UP;
  }

  #delivered({ subject, data, revision, isDeletion }: Delivered): void {
    const raw = subject.slice(this.#bucket.prefix.length);
    // No member writes such keys: those who know how to read them say so.
    const key = decodeKey(raw) ?? `?${raw}`;
    this.#lastRevision = Math.max(this.#lastRevision, revision);
    this.tombstones.delete(key);
    if (isDeletion) this.tombstones.set(key, { revision, seenAt: performance.now() });
    this.#observer.changed(key, isDeletion ? undefined : textOf(data), revision);
  }

  #broken(): void {
    this.#delivery?.close();
    this.#delivery = undefined;
    if (!this.#isClosed) this.#observer.away();
  }
}

function textOf(data: Uint8Array): string {
  return data.length > LONGEST_VALUE ? '' : Buffer.from(data).toString();
}
