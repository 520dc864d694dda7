import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openExchange } from '../support/exchange.ts';
import { outcome, read } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function connections(createPlane: PlaneUnderTest): void {
  describe('the connections of an exchange', () => {
    test('are those that are paired and those that wait, with their bytes as they move', async (t) => {
      const { pair, client: arrive, exchange } = await openExchange(t, createPlane());
      assert.deepEqual(await exchange.connections(), []);
      const first = await pair();
      const second = await pair();
      await arrive();
      first.client.write('12345');
      await read(first.server, 5);
      second.server.write('123');
      await read(second.client, 3);
      assert.deepEqual(await traffic(exchange), [
        { id: 1, state: 'paired', bytesToServer: 5, bytesToClient: 0 },
        { id: 2, state: 'paired', bytesToServer: 0, bytesToClient: 3 },
        { id: 3, state: 'waiting', bytesToServer: 0, bytesToClient: 0 },
      ]);
      first.client.write('67890');
      await read(first.server, 5);
      assert.equal((await traffic(exchange))[0]?.bytesToServer, 10);
    });

    test('tell whose they are, how long they waited and how long they have lasted', async (t) => {
      const { pair, exchange } = await openExchange(t, createPlane());
      const before = performance.now();
      const { client } = await pair();
      const [connection] = await exchange.connections();
      assert.equal(connection?.clientAddress, '127.0.0.1');
      assert.equal(connection?.sourcePort, client.localPort);
      const { waited = 0, lasted = 0 } = connection ?? {};
      assert.ok(waited > 0 && lasted >= waited, `waited ${waited}, lasted ${lasted}`);
      assert.ok(lasted < performance.now() - before);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const [later] = await exchange.connections();
      assert.equal(later?.waited, waited);
      assert.ok(later !== undefined && later.lasted >= lasted + 19, `${lasted}, then more`);
    });

    test('are gone from there once they have ended, each for itself', async (t) => {
      const { pair, exchange, ended } = await openExchange(t, createPlane());
      const [first, second] = [await pair(), await pair()];
      first.client.resetAndDestroy();
      await ended(1);
      assert.deepEqual(await traffic(exchange), [
        { id: 2, state: 'paired', bytesToServer: 0, bytesToClient: 0 },
      ]);
      second.client.end();
      second.server.end();
      await Promise.all([outcome(second.client), outcome(second.server)]);
      await ended(2);
      assert.deepEqual(await exchange.connections(), []);
    });

    test('are ended one by one, whether they wait or are paired', async (t) => {
      const { pair, client: arrive, exchange, ended } = await openExchange(t, createPlane());
      const [first, second] = [await pair(), await pair()];
      const third = await arrive();
      exchange.cut('kicked', 3);
      assert.equal((await outcome(third)).ending, 'ECONNRESET');
      exchange.cut('kicked', 1);
      assert.equal((await outcome(first.client)).ending, 'ECONNRESET');
      assert.equal((await outcome(first.server)).ending, 'ECONNRESET');
      exchange.cut('kicked', 4);
      second.client.write('still here');
      await read(second.server, 10);
      const records = await ended(2);
      assert.deepEqual(
        records.map(({ id, ending }) => [id, ending]),
        [
          [3, 'kicked'],
          [1, 'kicked'],
        ],
      );
    });

    test('tell in the end whose end of data came first', async (t) => {
      const { pair, ended } = await openExchange(t, createPlane());
      const [first, second, third] = [await pair(), await pair(), await pair()];
      first.client.end();
      await outcome(first.server);
      first.server.end();
      await ended(1);
      second.server.end();
      await outcome(second.client);
      second.client.end();
      await ended(2);
      third.server.resetAndDestroy();
      const records = await ended(3);
      assert.deepEqual(
        records.map(({ ending, firstEnd }) => [ending, firstEnd]),
        [
          ['eof', 'client'],
          ['eof', 'server'],
          ['server-reset', undefined],
        ],
      );
    });

    test('can still be asked for while and after the exchange ends', async (t) => {
      const { pair, exchange } = await openExchange(t, createPlane());
      await pair();
      await exchange.stop();
      assert.equal((await exchange.connections()).length, 1);
      exchange.cut('drain');
      const during = exchange.connections();
      await exchange.finished;
      assert.ok((await during).length <= 1);
      assert.deepEqual(await exchange.connections(), []);
    });

    test('may be asked for by several at once', async (t) => {
      const { pair, exchange } = await openExchange(t, createPlane());
      await pair();
      const answers = await Promise.all(Array.from({ length: 20 }, () => traffic(exchange)));
      for (const answer of answers) assert.equal(answer.length, 1);
    });
  });
}

async function traffic(exchange: Awaited<ReturnType<typeof openExchange>>['exchange']) {
  const live = await exchange.connections();
  return live.map(({ id, state, bytesToServer, bytesToClient }) => ({
    id,
    state,
    bytesToServer,
    bytesToClient,
  }));
}
