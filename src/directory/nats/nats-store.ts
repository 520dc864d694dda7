import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { RelayError, reasonOf } from '../../errors.ts';
import { within } from '../../within.ts';
import { type Store, StoreAway, type StoreObserver } from '../store.ts';
import { connectionOptions, type NatsSettings } from './connection-options.ts';
import { isRefusal, isTlsFault, notOverTls, refused, unfit, unreachable } from './faults.ts';
import { encodeKey } from './keys.ts';
import { NatsWatch } from './nats-watch.ts';
import { Trouble } from './trouble.ts';

/** Milliseconds for which NATS is waited for at first. */
const OPENING = 20_000;

/** Milliseconds between two tries. */
const PAUSE = 500;

/** Milliseconds within which an answer comes, or none. */
const ANSWERING = 2000;

/** Milliseconds after which a change counts as unanswered whatever NATS's client still does about it: it tries several times. */
const SETTLING = 2.5 * ANSWERING;

/** Copies of a bucket where NATS is a cluster: one server of three may fail. */
const REPLICAS = 3;

/** Milliseconds for which deletions are kept: whoever was not told of one by then is told everything anew. */
const KEPT = 600_000;

/** Deletions that are purged at one time. */
const MOST_PURGED = 100;

const NOT_CONNECTED = 'there is no connection to it';

/** Nanoseconds in a second, in which JetStream counts. */
const NANOS = 1e9;

/** JetStream's word for a stream that is not there. */
const NOT_FOUND = 10059;

/** And those for a message that was to follow another one than the last. */
const WRONG_REVISION = [10071, 10164];

/** A fleet's names and leases in a bucket of NATS JetStream's key-value store. */
export class NatsStore implements Store {
  readonly #nc: NatsConnection;
  readonly #jsm: JetStreamManager;
  readonly #kv: KV;
  readonly #bucket: string;
  readonly #ensure: () => Promise<StreamInfo>;
  readonly #report: (error: RelayError) => void;
  readonly #trouble: Trouble;
  #told: RelayError | undefined;
  #watch: NatsWatch | undefined;
  #isConnected = true;
  /** While it is not, as far as NATS says. */
  #whyNot = NOT_CONNECTED;

  /**
   * Connects to NATS, and makes the bucket where there is none. NATS's packages are loaded here: a broker that is
   * alone does without.
   *
   * @param report - told why NATS does not do what it is to, where that goes on
   * @throws RelayError `E_DIRECTORY`
   */
  static async open(
    settings: NatsSettings,
    report: (error: RelayError) => void = () => {},
  ): Promise<NatsStore> {
    const options = await connectionOptions(settings);
    const deadline = performance.now() + OPENING;
    const trouble = new Trouble(report);
    for (;;) {
      try {
        return await open(options, `relay-${settings.clusterName}`, report);
      } catch (error) {
        if (error instanceof RelayError) throw error;
        if (isRefusal(error)) throw refused(error);
        if (isTlsFault(error)) throw notOverTls(settings, error);
        if (performance.now() > deadline) throw unreachable(settings, error);
        trouble.about(reasonOf(error));
        await delay(PAUSE);
      }
    }
  }

  constructor(
    nc: NatsConnection,
    jsm: JetStreamManager,
    kv: KV,
    bucket: string,
    ensure: () => Promise<StreamInfo>,
    report: (error: RelayError) => void = () => {},
  ) {
    this.#nc = nc;
    this.#jsm = jsm;
    this.#kv = kv;
    this.#bucket = bucket;
    this.#ensure = ensure;
    this.#report = (error) => {
      this.#told = error;
      report(error);
    };
    this.#trouble = new Trouble(this.#report);
    void this.#follow();
  }

  get trouble(): RelayError | undefined {
    return this.#told;
  }

  write(key: string, value: string, after: number): Promise<number | undefined> {
    return this.#change(key, after, (previousSeq) =>
      this.#kv.put(encodeKey(key), value, { previousSeq }),
    );
  }

  async remove(key: string, after: number): Promise<boolean> {
    const done = await this.#change(key, after, async (previousSeq) => {
      await this.#kv.delete(encodeKey(key), { previousSeq });
      return true;
    });
    return done === true;
  }

  watch(observer: StoreObserver): void {
    const bucket = {
      prefix: `$KV.${this.#bucket}.`,
      ensure: this.#ensure,
      whyNot: () => this.#whyNot,
    };
    const trouble = new Trouble(this.#report);
    this.#watch = new NatsWatch(this.#nc, this.#jsm, bucket, observer, trouble);
    if (!this.#isConnected) this.#watch.connected(false);
  }

  async tidy(): Promise<void> {
    const tombstones = this.#watch?.tombstones ?? new Map();
    const long = performance.now() - KEPT;
    const old = [...tombstones].filter(([, { seenAt }]) => seenAt < long).slice(0, MOST_PURGED);
    for (const [key, { revision }] of old) {
      // Whatever the answer is: what cannot be purged is not there.
      await this.#jsm.streams.deleteMessage(`KV_${this.#bucket}`, revision, false).catch(() => {});
      if (tombstones.get(key)?.revision === revision) tombstones.delete(key);
    }
  }

  async close(): Promise<void> {
    this.#watch?.close();
    await this.#nc.close();
  }

  /** Undefined where the revision is not the last one any more. */
  async #change<T>(key: string, after: number, change: (after: number) => Promise<T>) {
    if (after > 0) return this.#try(after, change);
    // What is deleted still has a revision, until somebody purges that.
    const told = this.#watch?.tombstones.get(key)?.revision ?? 0;
    const changed = await this.#try(told, change);
    if (changed !== undefined) return changed;
    const asked = await this.#try(0, () => this.#revisionOfNothing(key));
    return asked === undefined || asked === told ? undefined : this.#try(asked, change);
  }

  /** Of the deletion of an entry, or 0 where nothing is left of that either. Undefined where there is an entry. */
  async #revisionOfNothing(key: string): Promise<number | undefined> {
    const last = await this.#kv.get(encodeKey(key));
    return last?.operation === 'PUT' ? undefined : (last?.revision ?? 0);
  }

  async #try<T>(after: number, change: (after: number) => Promise<T>): Promise<T | undefined> {
    // Otherwise it would be sent once there is a connection, however long that takes.
    if (!this.#isConnected) throw new StoreAway('NATS is not connected.');
    try {
      const changed = await within(SETTLING, change(after));
      this.#trouble.over();
      return changed;
    } catch (cause) {
      if (isWrongRevision(cause)) {
        this.#trouble.over();
        return undefined;
      }
      this.#trouble.about(reasonOf(cause));
      throw new StoreAway(`NATS does not answer: ${reasonOf(cause)}.`, { cause });
    }
  }

  async #follow(): Promise<void> {
    for await (const status of this.#nc.status()) {
      const { type } = status;
      if (type === 'error' && isRefusal(status.error)) this.#whyNot = reasonOf(status.error);
      if (type === 'reconnect') this.#whyNot = NOT_CONNECTED;
      if (type === 'disconnect' || type === 'reconnect') {
        this.#isConnected = type === 'reconnect';
        this.#watch?.connected(this.#isConnected);
      }
    }
  }
}

async function open(
  options: NodeConnectionOptions,
  bucket: string,
  report: (error: RelayError) => void,
): Promise<NatsStore> {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream } = await import('@nats-io/jetstream');
  const { Kvm } = await import('@nats-io/kv');
  const nc = await connect(options);
  try {
    const js = jetstream(nc, { timeout: ANSWERING });
    const jsm = await js.jetstreamManager(false);
    const kvm = new Kvm(js);
    const find = () => jsm.streams.info(`KV_${bucket}`);
    const ensure = async () => {
      // What is there is asked for at once: every question takes its time while a leader is elected.
      const found = await find().catch(ifNotFound);
      if (found !== undefined) return fit(found);
      // A server that is one of a cluster says so. One that is to become one is waited for.
      const replicas = nc.info?.cluster === undefined ? 1 : REPLICAS;
      await kvm.create(bucket, { history: 1, replicas });
      return find();
    };
    await ensure();
    return new NatsStore(nc, jsm, await kvm.open(bucket), bucket, ensure, report);
  } catch (error) {
    await nc.close();
    throw error;
  }
}

/**
 * A bucket that forgets by itself what is in it, or remembers what was deleted, does not say who has a name: it may be
 * there because somebody else made it.
 */
function fit(found: StreamInfo): StreamInfo {
  const { name, max_age, max_msgs_per_subject, discard, max_msgs, max_bytes } = found.config;
  if (max_age > 0) throw unfit(name, `its entries end after ${max_age / NANOS} s`);
  if (max_msgs_per_subject !== 1) throw unfit(name, 'it keeps more than the last value of a key');
  const isLimited = max_msgs > 0 || max_bytes > 0;
  if (isLimited && discard === 'old') throw unfit(name, 'it drops entries when it is full');
  return found;
}

function ifNotFound(error: unknown): undefined {
  if ((error as { code?: number }).code !== NOT_FOUND) throw error;
}

function isWrongRevision(error: unknown): boolean {
  return WRONG_REVISION.includes((error as { code?: number }).code ?? 0);
}
