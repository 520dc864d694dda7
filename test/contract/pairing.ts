import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { LIMITS, openExchange } from '../support/exchange.ts';
import { knock, outcome, read } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function pairing(createPlane: PlaneUnderTest): void {
  describe('pairing', () => {
    test('clients are fetched in the order they came in', async (t) => {
      const { client, backConnect } = await openExchange(t, createPlane());
      const clients = [await client(), await client(), await client()];
      for (const [n, waiting] of clients.entries()) {
        waiting.write(String(n));
        const server = await backConnect();
        assert.equal((await read(server, 1)).toString(), String(n));
      }
    });

    test('bytes sent before pairing stay unread and arrive in order', async (t) => {
      const { client, backConnect, exchange } = await openExchange(t, createPlane());
      const early = randomBytes(1024 * 1024);
      const waiting = await client();
      waiting.end(early);
      assert.equal(exchange.counters().bytesToServer, 0);
      const server = await backConnect();
      assert.deepEqual(await outcome(server), { data: early, ending: 'eof' });
    });

    for (const [how, leave] of [
      ['closed', 'destroy'],
      ['reset', 'resetAndDestroy'],
    ] as const) {
      test(`a client that ${how} while waiting does not shift the next one's pairing`, async (t) => {
        const { client, backConnect, ended, exchange } = await openExchange(t, createPlane());
        const gone = await client();
        gone[leave]();
        await once(gone, 'close');
        const next = await client();
        next.write('mine');

        const late = await knock(exchange.backConnectPort);
        assert.equal(late, how === 'closed' ? 'eof' : 'ECONNRESET');
        const own = await backConnect();
        assert.equal((await read(own, 4)).toString(), 'mine');
        await ended(1);
      });
    }

    test('a back-connect that nobody waits for is closed at once, not kept', async (t) => {
      const { client, backConnect, events, exchange } = await openExchange(t, createPlane());
      const refused = once(events, 'backConnectRefused');
      const surplus = outcome(await backConnect());
      assert.deepEqual(await refused, ['no-client', '127.0.0.1']);
      await surplus;
      const waiting = await client();
      assert.equal(exchange.counters().waiting, 1);
      waiting.write('mine');
      const own = await backConnect();
      assert.equal((await read(own, 4)).toString(), 'mine');
      assert.equal(exchange.counters().refused['no-client'], 1);
    });

    test('a client that nobody fetches is reset at the pair timeout and counted', async (t) => {
      const { client, exchange, ended, events, backConnect } = await openExchange(
        t,
        createPlane(),
        {
          pairTimeout: 50,
        },
      );
      const seen = await Promise.all([client(), client()].map(async (c) => outcome(await c)));
      assert.deepEqual(
        seen.map(({ ending }) => ending),
        ['ECONNRESET', 'ECONNRESET'],
      );
      const records = await ended(2);
      for (const { ending, waited } of records) {
        assert.equal(ending, 'unfetched');
        assert.ok(waited >= 49 && waited < 5000, `${waited} ms`);
      }
      assert.equal(exchange.counters().ended.unfetched, 2);
      const refused = once(events, 'backConnectRefused');
      await backConnect();
      assert.equal((await refused)[0], 'no-client');
    });

    test("a stranger's back-connect gets no client; the client waits on for the right one", async (t) => {
      const { client, backConnect, events } = await openExchange(t, createPlane(), {
        backConnectFrom: '127.0.0.9',
      });
      const waiting = await client();
      waiting.write('secret');
      const refused = once(events, 'backConnectRefused');
      const stranger = outcome(await backConnect());
      assert.deepEqual(await refused, ['address', '127.0.0.1']);
      assert.equal((await stranger).data.length, 0);
      const server = await backConnect('127.0.0.9');
      assert.equal((await read(server, 6)).toString(), 'secret');
    });

    test('one client too many is reset and counted, and there is room again after an end', async (t) => {
      const { pair, client, events, exchange, ended } = await openExchange(t, createPlane(), {
        limits: { ...LIMITS, clients: 2 },
      });
      const { client: first, server } = await pair();
      await client();
      const refused = once(events, 'clientRefused');
      assert.equal(await knock(exchange.clientPort), 'ECONNRESET');
      assert.deepEqual(await refused, ['limit', '127.0.0.1']);
      assert.equal(exchange.counters().refused.limit, 1);
      first.end();
      server.end();
      first.resume();
      server.resume();
      await ended(1);
      await client();
    });
  });
}
