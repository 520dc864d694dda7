import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { NatsWatch } from '#src/directory/nats/nats-watch.ts';
import { Trouble } from '#src/directory/nats/trouble.ts';
import { until } from '../../support/until.ts';

/** A watch of a bucket that NATS says to have so many revisions, and whether each beginning told of another bucket. */
function watched(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const bucket = {
    created: 'then',
    revisions: 10,
    leader: 'nats-1' as string | undefined,
    whyNot: 'it is not there',
  };
  const troubles: string[] = [];
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const nc = { subscribe: () => ({ unsubscribe: () => {} }) } as unknown as NatsConnection;
  const jsm = {
    consumers: { add: async () => ({ num_pending: 0 }) },
  } as unknown as JetStreamManager;
  const told: boolean[] = [];
  let completed = 0;
  const watch = new NatsWatch(
    nc,
    jsm,
    {
      prefix: '$KV.relay-test.',
      ensure: async () => {
        const { created, revisions: last_seq, leader } = bucket;
        const [config, state, cluster] = [{ name: 'KV_relay-test' }, { last_seq }, { leader }];
        return { created, config, state, cluster } as StreamInfo;
      },
      whyNot: () => bucket.whyNot,
    },
    {
      begins: (isAnother) => told.push(isAnother),
      changed() {},
      complete: () => {
        completed += 1;
      },
      away() {},
    },
    new Trouble(({ message }) => troubles.push(message)),
  );
  t.after(() => watch.close());
  return {
    bucket,
    troubles,
    disconnect: () => watch.connected(false),
    /** What is told by now, once so much of it is complete. */
    async complete(count: number) {
      await until(() => completed === count);
      // Whoever begins has to be done with that, too.
      await setImmediate();
      return told;
    },
    reconnect() {
      watch.connected(false);
      watch.connected(true);
    },
    async pass(milliseconds: number) {
      // It was asked for at once, and is answered.
      await setImmediate();
      now += milliseconds;
      t.mock.timers.tick(250);
    },
  };
}

test('what a server says while none leads is not believed, and told where that lasts', async (t) => {
  const { bucket, complete, reconnect, pass, troubles } = watched(t);
  await complete(1);
  Object.assign(bucket, { created: 'other', revisions: 1, leader: undefined });
  reconnect();
  for (let passed = 0; passed < 30_000; passed += 1000) await pass(1000);
  assert.match(troubles.join(), /no server leads the bucket\. Look at whether NATS runs/);
  Object.assign(bucket, { created: 'then', revisions: 11, leader: 'nats-2' });
  await pass(250);
  assert.deepEqual(await complete(2), [false, false]);
});

test('a server that leads before it has everything does not make for another bucket', async (t) => {
  const { bucket, complete, reconnect, pass } = watched(t);
  await complete(1);
  bucket.revisions = 7;
  reconnect();
  await pass(4000);
  bucket.revisions = 10;
  await pass(250);
  assert.deepEqual(await complete(2), [false, false]);
});

test('what NATS does not come to have again is lost, and so is a bucket made anew', async (t) => {
  const { bucket, complete, reconnect, pass } = watched(t);
  await complete(1);
  bucket.revisions = 7;
  reconnect();
  await pass(5001);
  assert.deepEqual(await complete(2), [false, true]);
  bucket.created = 'now';
  reconnect();
  assert.deepEqual(await complete(3), [false, true, true]);
});

test('why NATS is not connected to is told where that goes on', async (t) => {
  const { bucket, complete, disconnect, pass, troubles } = watched(t);
  await complete(1);
  disconnect();
  bucket.whyNot = 'Authorization Violation';
  await pass(4999);
  assert.deepEqual(troubles, []);
  await pass(1);
  assert.match(String(troubles), /: Authorization Violation\. .*--cluster-credentials/);
});
