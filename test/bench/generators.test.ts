import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Generator, lean, plain } from '../../bench/generators.ts';
import { LoadProcess } from '../../bench/load-process.ts';
import { needs } from '../support/needs.ts';

const generators: [string, Generator | undefined, { skip: string | false }][] = [
  ['plain', plain, { skip: false }],
  ['lean', lean, process.platform === 'linux' ? needs('python3') : { skip: 'needs Linux' }],
];

for (const [name, generator, options] of generators) {
  describe(`the ${name} load generator`, options, () => {
    const start = (t: TestContext) => {
      const load = new LoadProcess(generator);
      t.after(() => load.stop());
      return load;
    };

    const serve = async (t: TestContext) => {
      const target = start(t);
      return { target, place: { host: '127.0.0.1', port: await target.call('serve', {}) } };
    };

    test('counts the bytes of streams', async (t) => {
      const { target, place } = await serve(t);
      const client = start(t);
      await client.call('stream', { ...place, streams: 2, bothWays: false });
      while ((await client.call('received', {})).bytes < 10e6);
      assert.equal((await target.call('received', {})).bytes, 0);
    });

    test('counts the bytes of streams in both directions', async (t) => {
      const { target, place } = await serve(t);
      const client = start(t);
      await client.call('stream', { ...place, streams: 2, bothWays: true });
      while ((await client.call('received', {})).bytes < 10e6);
      while ((await target.call('received', {})).bytes < 10e6);
    });

    test('times round trips', async (t) => {
      const { place } = await serve(t);
      const { p50, p99 } = await start(t).call('ping', { ...place, seconds: 0.1, warmUp: 0 });
      assert.ok(p50 > 0 && p50 <= p99);
    });

    test('times new connections, none of which fails', async (t) => {
      const { place } = await serve(t);
      const churn = { ...place, inFlight: 4, seconds: 0.1 };
      const { connections, failed, seconds, p50, p99 } = await start(t).call('churn', churn);
      assert.ok(connections >= 4 && seconds >= 0.1);
      assert.ok(p50 > 0 && p50 <= p99);
      assert.equal(failed, 0);
    });

    test('counts connections that were closed instead of answered as failed', async (t) => {
      const { target, place } = await serve(t);
      await target.stop();
      const churn = { ...place, inFlight: 4, seconds: 0.1 };
      const { connections, failed } = await start(t).call('churn', churn);
      assert.equal(connections, 0);
      assert.ok(failed >= 4);
    });

    test('holds connections and knows which are left', async (t) => {
      const { target, place } = await serve(t);
      const client = start(t);
      await client.call('hold', { ...place, count: 70 });
      assert.equal(await client.call('holding', {}), 70);
      await target.stop();
      while ((await client.call('holding', {})) > 0);
    });
  });
}
