import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { NatsStore } from '#src/directory/nats/nats-store.ts';
import { StoreAway, type StoreObserver } from '#src/directory/store.ts';
import { type Nats, startNats } from '../../support/nats.ts';
import { needs } from '../../support/needs.ts';

/** What a store tells, as a map; resolves those who wait for something of that. */
class Told implements StoreObserver {
  readonly entries = new Map<string, string>();
  readonly losses: boolean[] = [];
  isComplete = false;
  #unseen = new Set<string>();
  #look = () => {};

  begins(isAnother: boolean): void {
    this.losses.push(isAnother);
    this.isComplete = false;
    this.#unseen = new Set(this.entries.keys());
  }

  changed(key: string, value: string | undefined): void {
    this.#unseen.delete(key);
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, value);
    this.#look();
  }

  complete(): void {
    for (const key of this.#unseen) this.entries.delete(key);
    this.isComplete = true;
    this.#look();
  }

  away(): void {
    this.isComplete = false;
    this.#look();
  }

  async until(isSo: (told: this) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#look = () => isSo(this) && resolve();
      this.#look();
    });
  }
}

async function open(t: TestContext, { urls }: Nats): Promise<{ store: NatsStore; told: Told }> {
  const store = await NatsStore.open({ cluster: urls, clusterName: 'test' });
  t.after(() => store.close());
  const told = new Told();
  store.watch(told);
  await told.until(({ isComplete }) => isComplete);
  return { store, told };
}

/** Tries until it is written, also by a try that was not answered. */
async function write(store: NatsStore, key: string, value: string): Promise<void> {
  for (;;) {
    try {
      await store.write(key, value, 0);
      return;
    } catch (error) {
      assert.ok(error instanceof StoreAway);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

test(
  'what was deleted can be written by who was not told of it, and what was not cannot',
  needs('nats-server'),
  async (t) => {
    const nats = await startNats(t);
    const { store, told } = await open(t, nats);
    const first = await store.write('name.a', '1', 0);
    assert.ok(first && (await store.remove('name.a', first)));
    const late = await NatsStore.open({ cluster: nats.urls, clusterName: 'test' });
    t.after(() => late.close());
    assert.ok(await late.write('name.a', '2', 0));
    assert.equal(await late.write('name.a', '3', 0), undefined);
    await told.until(({ entries }) => entries.get('name.a') === '2');
  },
);

test(
  'what is written after the last revision is, and nothing else',
  needs('nats-server'),
  async (t) => {
    const { store, told } = await open(t, await startNats(t));
    const first = await store.write('name.a', '1', 0);
    assert.ok(first);
    assert.equal(await store.write('name.a', '2', 0), undefined);
    assert.equal(await store.write('name.a', '2', first + 1), undefined);
    const second = await store.write('name.a', '2', first);
    assert.ok(second && second > first);
    assert.equal(await store.remove('name.a', first), false);
    assert.equal(await store.remove('name.a', second), true);
    await told.until(({ entries }) => entries.size === 0);
    assert.equal(await store.write('name.a', '3', second), undefined);
    assert.ok(await store.write('name.a', '3', 0), 'also once it was deleted');
  },
);

test(
  'whoever was away is told what has changed meanwhile, deletions too',
  needs('nats-server'),
  async (t) => {
    const nats = await startNats(t);
    const [node] = nats.nodes;
    assert.ok(node);
    const [one, other] = [await open(t, nats), await open(t, nats)];
    const revision = await one.store.write('name.a', '1', 0);
    await one.store.write('name.b', '1', 0);
    await other.told.until(({ entries }) => entries.size === 2);
    node.pause();
    await Promise.all([one, other].map(({ told }) => told.until((its) => !its.isComplete)));
    await assert.rejects(one.store.write('name.c', '1', 0), StoreAway);
    await node.kill();
    await node.start();
    await one.told.until(({ isComplete }) => isComplete);
    assert.equal(await one.store.remove('name.a', revision ?? 0), true);
    await write(one.store, 'name.d', '1');
    await other.told.until(({ entries, isComplete }) => isComplete && entries.has('name.d'));
    assert.deepEqual([...other.told.entries.keys()].sort(), ['name.b', 'name.d']);
    assert.ok(!other.told.losses.includes(true));
  },
);

test('a bucket that is lost is made anew, and that is told', needs('nats-server'), async (t) => {
  const nats = await startNats(t);
  const { store, told } = await open(t, nats);
  await store.write('name.a', '1', 0);
  await told.until(({ entries }) => entries.size === 1);
  await deleteBucket(nats);
  await told.until(({ entries, isComplete }) => isComplete && entries.size === 0);
  assert.deepEqual(told.losses, [false, true]);
  await write(store, 'name.a', '2');
  await told.until(({ entries }) => entries.get('name.a') === '2');
});

test('one NATS server of three may be killed, whichever it is', needs('nats-server'), async (t) => {
  const nats = await startNats(t, 3);
  const { store, told } = await open(t, nats);
  for (const [i, node] of nats.nodes.entries()) {
    await node.kill();
    await write(store, `name.without-${i}`, '1');
    await told.until(({ entries, isComplete }) => isComplete && entries.size === i + 1);
    await node.start();
    await node.ready();
  }
  assert.ok(!told.losses.includes(true));
});

test(
  'a bucket that forgets or remembers by itself is not used',
  needs('nats-server'),
  async (t) => {
    const { urls } = await startNats(t);
    const { connect } = await import('@nats-io/transport-node');
    const { Kvm } = await import('@nats-io/kv');
    const nc = await connect({ servers: urls });
    t.after(() => nc.close());
    const kvm = new Kvm(nc);
    await kvm.create('relay-short', { ttl: 60_000 });
    await kvm.create('relay-long', { history: 5 });
    for (const [clusterName, why] of [
      ['short', 'its entries end after 60 s'],
      ['long', 'it keeps more than the last value of a key'],
    ] as const) {
      await assert.rejects(NatsStore.open({ cluster: urls, clusterName }), {
        code: 'E_DIRECTORY',
        message: `The fleet’s names cannot be kept in KV_relay-${clusterName}, as NATS has it: ${why}. Delete it (nats stream rm KV_relay-${clusterName}), and the relays make it as it is to be, or give another --cluster-name.`,
      });
    }
  },
);

async function deleteBucket({ urls }: Nats): Promise<void> {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const nc = await connect({ servers: urls });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.delete('KV_relay-test');
  await nc.close();
}

test('a change that is never answered counts as not done after some seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const never = () => new Promise<never>(() => {});
  const nc = { status: async function* () {} } as unknown as NatsConnection;
  const kv = { put: never, delete: never } as unknown as KV;
  const store = new NatsStore(nc, {} as JetStreamManager, kv, 'relay-test', never);
  const written = assert.rejects(store.write('name.blog', '{}', 1), StoreAway);
  const removed = assert.rejects(store.remove('name.blog', 1), StoreAway);
  t.mock.timers.tick(5000);
  await Promise.all([written, removed]);
});
