import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Throttle } from '#src/data-plane/portable/throttle.ts';
import { connectAs, join, MUCH, SIDES, type Side } from '../../support/pairs.ts';
import { outcome } from '../../support/tcp.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A pair whose bytes to the server are bounded, with both ends of its connections. */
async function openThrottled(
  t: TestContext,
  sides: { client: Side; server: Side },
  toServer: Throttle,
  options: { idle?: number } = {},
) {
  const [client, server] = [await connectAs(t, sides.client), await connectAs(t, sides.server)];
  const joined = join(client.own, server.own, {
    ...options,
    throttle: { toServer, toClient: new Throttle(MUCH) },
  });
  return { client, server, ...joined };
}

// Most of it is waiting for turns; each kind for itself, since some bound what lies in memory.
describe('the rate', { concurrency: true }, () => {
  for (const sides of SIDES) {
    describe(`of a ${sides.client} client and a ${sides.server} server`, { concurrency: 1 }, () => {
      test('holds for all pairs together, and every byte arrives', async (t) => {
        const throttle = new Throttle(512 * KIB);
        const transfers = [];
        for (let n = 0; n < 3; n += 1) {
          transfers.push({
            ...(await openThrottled(t, sides, throttle)),
            sent: randomBytes(256 * KIB),
          });
        }
        const began = performance.now();
        const received = Promise.all(transfers.map(({ server }) => outcome(server.peer)));
        for (const { client, sent } of transfers) client.peer.end(sent);
        assert.deepEqual(
          await received,
          transfers.map(({ sent }) => ({ data: sent, ending: 'eof' })),
        );
        // 768 KiB, of which 512 are free.
        assert.ok(performance.now() - began >= 490);
        for (const { client, server, ended } of transfers) {
          client.peer.resume();
          server.peer.end();
          assert.deepEqual(await ended, {
            bytesToServer: 256 * KIB,
            bytesToClient: 0,
            ending: 'eof',
            firstEnd: 'client',
          });
        }
      });

      test('of one direction leaves the other alone', async (t) => {
        const { client, server } = await openThrottled(t, sides, new Throttle(1));
        client.peer.write(Buffer.alloc(100));
        const answered = outcome(client.peer);
        server.peer.resume();
        server.peer.end(Buffer.alloc(4 * MIB));
        assert.equal((await answered).data.length, 4 * MIB);
      });

      test('holds its sender up, and buffers next to nothing', async (t) => {
        const { client, server, pair } = await openThrottled(t, sides, new Throttle(64 * KIB));
        server.peer.resume();
        client.peer.write(Buffer.alloc(64 * MIB));
        while (pair.bytesToServer < 128 * KIB) await delay(10);
        assert.ok(
          client.own.readableLength <= 128 * KIB,
          `${client.own.readableLength} in the reader`,
        );
        assert.ok(
          server.own.writableLength <= 64 * KIB,
          `${server.own.writableLength} in the writer`,
        );
        // What the kernel holds for both ends is a few MiB.
        assert.ok(
          client.peer.writableLength > 32 * MIB,
          `${client.peer.writableLength} at the sender`,
        );
      });

      test('is no silence to those who wait for their turn', async (t) => {
        // A turn comes every 500 ms.
        const throttle = new Throttle(2);
        const { server, ended, client } = await openThrottled(t, sides, throttle, { idle: 250 });
        const received = outcome(server.peer);
        client.peer.write(Buffer.alloc(4));
        assert.equal((await ended).ending, 'idle');
        assert.equal((await received).data.length, 4);
      });

      test('leaves the whole time of silence behind the last byte', async (t) => {
        const idle = 200;
        const { server, ended, client } = await openThrottled(t, sides, new Throttle(64), { idle });
        // When it is written: that it has come is heard of later, however late.
        const write: (chunk: Buffer) => boolean = server.own.write.bind(server.own);
        let lastByte = 0;
        t.mock.method(server.own, 'write', (chunk: Buffer) => {
          lastByte = performance.now();
          return write(chunk);
        });
        server.peer.resume();
        client.peer.write(Buffer.alloc(96));
        assert.equal((await ended).ending, 'idle');
        assert.ok(performance.now() - lastByte >= idle - 5);
      });

      test('does not keep a reset of either side from the other', async (t) => {
        for (const who of ['client', 'server'] as const) {
          const joined = await openThrottled(t, sides, new Throttle(64));
          const other = who === 'client' ? joined.server : joined.client;
          joined.client.peer.write(Buffer.alloc(10 * KIB));
          while (joined.pair.bytesToServer === 0) await delay(5);
          const seen = outcome(other.peer);
          joined[who].tcp.resetAndDestroy();
          assert.notEqual((await seen).ending, 'eof');
          assert.equal((await joined.ended).ending, `${who}-reset`);
        }
      });
    });
  }
});

test('nothing of the rate is left when its pairs are gone', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const { client, pair, ended } = await openThrottled(
    t,
    { client: 'plain', server: 'plain' },
    new Throttle(1),
  );
  client.peer.write(Buffer.alloc(MIB));
  while (pair.bytesToServer === 0) await new Promise(setImmediate);
  assert.equal(timers(), before + 1);
  pair.cut();
  await ended;
  assert.equal(timers(), before);
});
