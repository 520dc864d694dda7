import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { openExchange } from '../support/exchange.ts';
import { connectTo, freePorts, knock, outcome, read, serve } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function lifecycle(createPlane: PlaneUnderTest): void {
  describe('life of an exchange', () => {
    test('opening on a port in use rejects with EADDRINUSE and leaves nothing open', async (t) => {
      const taken = await serve(t, () => {});
      const opening = openExchange(t, createPlane(), { clientPort: taken.port });
      await assert.rejects(opening, { code: 'EADDRINUSE' });
    });

    test('stop shuts both ports, resets who waits and lets pairs run on', async (t) => {
      const { pair, client, exchange, ended } = await openExchange(t, createPlane());
      const { client: paired, server } = await pair();
      const waiting = outcome(await client());
      const { clientPort, backConnectPort } = exchange;
      await exchange.stop();
      assert.equal(await knock(clientPort), 'ECONNREFUSED');
      assert.equal(await knock(backConnectPort), 'ECONNREFUSED');
      assert.equal((await waiting).ending, 'ECONNRESET');
      assert.equal((await ended(1))[0]?.ending, 'stopped');

      paired.end('question');
      assert.equal((await outcome(server)).data.toString(), 'question');
      const answered = outcome(paired);
      server.end('answer');
      assert.equal((await answered).data.toString(), 'answer');
      await exchange.finished;
    });

    test('its port can be taken again at once after stop, with pairs still running', async (t) => {
      const plane = createPlane();
      const clientPort = await freePorts(1);
      const { pair, exchange } = await openExchange(t, plane, { clientPort });
      await pair();
      await exchange.stop();
      const again = await openExchange(t, plane, { clientPort });
      assert.equal(again.exchange.clientPort, clientPort);
      await again.pair();
    });

    test('cut resets both sides of every pair, never a clean end', async (t) => {
      const { pair, exchange, ended } = await openExchange(t, createPlane());
      const { client, server } = await pair();
      await exchange.stop();
      const seen = Promise.all([outcome(client), outcome(server)]);
      exchange.cut('drain');
      assert.deepEqual(
        (await seen).map(({ ending }) => ending),
        ['ECONNRESET', 'ECONNRESET'],
      );
      await exchange.finished;
      assert.equal((await ended(1))[0]?.ending, 'drain');
    });

    test('counters move while a connection runs', async (t) => {
      const { pair, exchange } = await openExchange(t, createPlane());
      const { client, server } = await pair();
      client.write('12345');
      await read(server, 5);
      server.write('123');
      await read(client, 3);
      const { paired, bytesToServer, bytesToClient } = exchange.counters();
      assert.deepEqual(
        { paired, bytesToServer, bytesToClient },
        { paired: 1, bytesToServer: 5, bytesToClient: 3 },
      );
    });

    test('a record tells who came, how long it waited and how long it lasted', async (t) => {
      const { pair, ended } = await openExchange(t, createPlane());
      const { client, server } = await pair();
      client.end();
      server.end();
      client.resume();
      server.resume();
      const [record] = await ended(1);
      assert.equal(record?.id, 1);
      assert.equal(record?.clientAddress, '127.0.0.1');
      assert.ok(record !== undefined && record.waited > 0 && record.lasted >= record.waited);
    });

    test('without a host it takes IPv4 and IPv6, and each peer has the form that it has for itself', async (t) => {
      const { exchange, events } = await openExchange(t, createPlane(), {
        host: undefined,
        backConnectFrom: '127.0.0.1',
      });
      for (const host of ['127.0.0.1', '::1']) {
        const waiting = once(events, 'clientWaiting');
        await connectTo(t, exchange.clientPort, { host });
        assert.equal((await waiting)[0].address, host);
      }
      const paired = once(events, 'clientPaired');
      await connectTo(t, exchange.backConnectPort);
      await paired;
      const refused = once(events, 'backConnectRefused');
      await connectTo(t, exchange.backConnectPort, { host: '::1' });
      assert.deepEqual(await refused, ['address', '::1']);
    });

    test('events for one client come in order', async (t) => {
      const { events, pair } = await openExchange(t, createPlane());
      const seen: string[] = [];
      for (const event of ['clientWaiting', 'clientPaired', 'clientEnded']) {
        events.on(event, () => seen.push(event));
      }
      const { client } = await pair();
      const over = once(events, 'clientEnded');
      client.resetAndDestroy();
      await over;
      assert.deepEqual(seen, ['clientWaiting', 'clientPaired', 'clientEnded']);
    });
  });
}
