import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { ExchangeSettings, Pool } from '#src/data-plane/data-plane.ts';
import { openExchange } from '../support/exchange.ts';
import { connectTo, outcome, read } from '../support/tcp.ts';
import { until } from '../support/until.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

/** What a back-connect may say before it has a client. */
const MOST_EARLY = 16 * 1024;

const GARBAGE = 10_000;
const AT_ONCE = 100;

export function pool(createPlane: PlaneUnderTest): void {
  const open = async (
    t: TestContext,
    own: Partial<Pool> = {},
    settings: Partial<ExchangeSettings> = {},
  ) => {
    const opened = await openExchange(t, createPlane(), settings);
    const { exchange, backConnect } = opened;
    exchange.announce({ descriptor: undefined, pool: { most: 8, introduction: '', ...own } });
    // An answer from where it is known by now.
    await exchange.connections();
    /** A back-connect that waits for a client. */
    const idle = async (early: string | Buffer = ''): Promise<Socket> => {
      const { spares } = exchange.counters();
      const socket = await backConnect();
      if (early.length > 0) socket.write(early);
      await until(() => exchange.counters().spares > spares);
      return socket;
    };
    return { ...opened, idle };
  };

  describe('a pool', () => {
    test('joins clients with back-connects that wait, the oldest first', async (t) => {
      const { exchange, idle, events } = await open(t);
      events.on('notify', () => assert.fail('nobody is to be told'));
      const servers = [await idle(), await idle()];
      for (const [n, server] of servers.entries()) {
        const client = await connectTo(t, exchange.clientPort);
        client.write(`client ${n}`);
        assert.equal((await read(server, 8)).toString(), `client ${n}`);
        const answered = outcome(client);
        server.end('answer');
        assert.deepEqual(await answered, { data: Buffer.from('answer'), ending: 'eof' });
      }
      assert.equal(exchange.counters().spares, 0);
    });

    test('lets a client wait, its bytes unread, for a back-connect that is yet to come', async (t) => {
      const { client, backConnect } = await open(t);
      const waiting = await client();
      waiting.end('request');
      const server = await backConnect();
      assert.deepEqual(await outcome(server), { data: Buffer.from('request'), ending: 'eof' });
    });

    test('gives up clients for whom nobody comes', async (t) => {
      const { client, ended } = await open(t, {}, { pairTimeout: 50 });
      const waiting = outcome(await client());
      assert.equal((await waiting).ending, 'ECONNRESET');
      assert.equal((await ended(1))[0]?.ending, 'unfetched');
    });

    test('keeps what a back-connect says before it has a client', async (t) => {
      const { exchange, idle } = await open(t);
      const early = randomBytes(MOST_EARLY);
      const server = await idle(early);
      const client = await connectTo(t, exchange.clientPort);
      assert.deepEqual(await read(client, early.length), early);
      server.end('bye');
      assert.deepEqual(await outcome(client), { data: Buffer.from('bye'), ending: 'eof' });
    });

    test('drops a back-connect that says too much', async (t) => {
      const { exchange, backConnect, refused } = await open(t);
      const server = await backConnect();
      const ending = outcome(server);
      server.write(randomBytes(MOST_EARLY + 1));
      await ending;
      assert.deepEqual(await refused(1), ['spare']);
      assert.equal(exchange.counters().spares, 0);
    });

    for (const how of ['end', 'resetAndDestroy'] as const) {
      test(`never gives a client to a back-connect that died waiting (${how})`, async (t) => {
        const { exchange, idle, refused } = await open(t);
        const [dead, live] = [await idle('leaves'), await idle()];
        dead[how]();
        assert.deepEqual(await refused(1), ['spare']);
        const client = await connectTo(t, exchange.clientPort);
        client.write('x');
        assert.equal((await read(live, 1)).toString(), 'x');
      });
    }

    test('gives no client to one that dies as the client comes', async (t) => {
      const { exchange, idle } = await open(t);
      for (let n = 0; n < 50; n += 1) {
        const [dead, live] = [await idle(), await idle()];
        if (n % 2 === 0) await once(dead.end(), 'finish');
        else dead.resetAndDestroy();
        const client = await connectTo(t, exchange.clientPort);
        client.write('x');
        assert.equal((await read(live, 1)).toString(), 'x');
        client.destroy();
        live.destroy();
      }
    });

    test('is not disturbed by 10,000 random byte strings', async (t) => {
      const { exchange, backConnect, idle, client } = await open(t, { most: 2 * AT_ONCE });
      const trusted = await client();
      const first = outcome(await backConnect());
      trusted.end('before');
      assert.equal((await first).data.toString(), 'before');
      for (let sent = 0; sent < GARBAGE; sent += AT_ONCE) {
        const batch = Array.from({ length: AT_ONCE }, async () => {
          const stranger = connect({ port: exchange.backConnectPort, host: '127.0.0.1' });
          stranger.on('error', () => {}).on('data', () => assert.fail('a stranger got bytes'));
          const closed = new Promise((resolve) => stranger.once('close', resolve));
          stranger.end(randomBytes(randomInt(1, 1000)));
          await closed;
        });
        await Promise.all(batch);
      }
      await until(() => exchange.counters().refused.spare === GARBAGE);
      const last = await idle('banner');
      const late = await connectTo(t, exchange.clientPort);
      late.write('after');
      assert.equal((await read(last, 5)).toString(), 'after');
      assert.equal((await read(late, 6)).toString(), 'banner');
    });

    test('never gives a client to a back-connect that was dead when it came', async (t) => {
      const { exchange, backConnect } = await open(t);
      (await backConnect()).resetAndDestroy();
      // At the same moment, as the exchange sees it.
      const arriving = connectTo(t, exchange.clientPort);
      const live = await backConnect();
      (await arriving).write('x');
      assert.equal((await read(live, 1)).toString(), 'x');
    });

    test('keeps no more than it may', async (t) => {
      const { idle, backConnect, refused } = await open(t, { most: 1 });
      await idle();
      const one = outcome(await backConnect());
      assert.deepEqual(await refused(1), ['spare']);
      assert.equal((await one).ending, 'eof');
    });

    test('introduces a client to whoever gets it, early or late', async (t) => {
      const { exchange, idle, client, backConnect } = await open(t, { introduction: 'TAKEN\n' });
      const early = await idle('hello');
      const first = await connectTo(t, exchange.clientPort);
      first.write('1');
      assert.equal((await read(early, 7)).toString(), 'TAKEN\n1');
      assert.equal((await read(first, 5)).toString(), 'hello');
      const second = await client();
      second.write('2');
      const late = await backConnect();
      assert.equal((await read(late, 7)).toString(), 'TAKEN\n2');
    });

    test('ends with its exchange', async (t) => {
      const { exchange, idle } = await open(t);
      const ending = outcome(await idle());
      await exchange.stop();
      assert.equal((await ending).ending, 'eof');
    });
  });
}
