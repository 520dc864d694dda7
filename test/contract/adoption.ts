import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { BackConnectHello, Exchange } from '#src/data-plane/data-plane.ts';
import { drawTicket } from '#src/protocol/proof.ts';
import { atTheDoor } from '../support/at-the-door.ts';
import { connectTo, outcome, read } from '../support/tcp.ts';
import { openTicketExchange, SPARE_TICKET, taken } from '../support/ticket-exchange.ts';
import { until } from '../support/until.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function adoption(createPlane: PlaneUnderTest): void {
  describe('a back-connect that comes in by another door', () => {
    test('fetches the client of its ticket', async (t) => {
      const { exchange, arrive, ended } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      client.write('question');
      const server = await enter(t, exchange, { word: 'TICKET', ticket });
      assert.equal((await read(server, 8)).toString(), 'question');
      const got = outcome(client);
      server.end('answer');
      assert.deepEqual(await got, { data: Buffer.from('answer'), ending: 'eof' });
      const rest = outcome(server);
      client.end();
      assert.deepEqual(await rest, { data: Buffer.alloc(0), ending: 'eof' });
      const [record] = await ended(1);
      const { bytesToServer, bytesToClient, ending } = record ?? {};
      assert.deepEqual([bytesToServer, bytesToClient, ending], [8, 6, 'eof']);
    });

    for (const size of [1, 1000, 1024 * 1024]) {
      test(`brings ${size} bytes along, wherever they were by then, and its end`, async (t) => {
        const { exchange, arrive } = await openTicketExchange(t, createPlane());
        const { client, ticket } = await arrive();
        const early = randomBytes(size);
        const got = outcome(client);
        const server = await enter(t, exchange, { word: 'TICKET', ticket }, early);
        server.end();
        assert.deepEqual(await got, { data: early, ending: 'eof' });
        const rest = outcome(server);
        client.end('answer');
        assert.deepEqual(await rest, { data: Buffer.from('answer'), ending: 'eof' });
      });
    }

    test('may have ended before it was let in', async (t) => {
      const { exchange, arrive } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      const got = outcome(client);
      const { near, far } = await atTheDoor(t);
      far.end('all of it');
      const [chunk] = (await once(near, 'data')) as [Buffer];
      near.pause();
      // The end is read as well by now, and nobody has heard of it.
      await new Promise((resolve) => setTimeout(resolve, 50));
      exchange.adopt(near, { word: 'TICKET', ticket }, chunk);
      assert.deepEqual(await got, { data: Buffer.from('all of it'), ending: 'eof' });
      const rest = outcome(far);
      client.end('answer');
      assert.deepEqual(await rest, { data: Buffer.from('answer'), ending: 'eof' });
    });

    test('may be a spare', async (t) => {
      const { exchange, refused } = await openTicketExchange(t, createPlane());
      const hello: BackConnectHello = { word: 'SPARE', ticket: SPARE_TICKET };
      const server = await enter(t, exchange, hello);
      await until(() => exchange.counters().spares === 1);
      const client = await connectTo(t, exchange.clientPort);
      assert.equal((await taken(server)).client.port, client.localPort);
      server.write('welcome');
      assert.equal((await read(client, 7)).toString(), 'welcome');

      const talking = await enter(t, exchange, hello, Buffer.from('x'));
      await outcome(talking);
      const later = await enter(t, exchange, hello);
      await until(() => exchange.counters().spares === 1);
      later.write('x');
      await outcome(later);
      assert.deepEqual(await refused(2), ['spare', 'spare']);
    });

    test('gets nobody with a ticket that nobody has', async (t) => {
      const { exchange, arrive, refused } = await openTicketExchange(t, createPlane());
      await arrive();
      for (const word of ['TICKET', 'SPARE'] as const) {
        const stranger = await enter(t, exchange, { word, ticket: drawTicket() });
        assert.equal((await outcome(stranger)).data.length, 0);
      }
      assert.deepEqual(await refused(2), ['ticket', 'ticket']);
      assert.equal(exchange.counters().waiting, 1);
    });

    test("gets nobody from an address that is not the registrant's", async (t) => {
      const settings = { backConnectFrom: '127.0.0.9' };
      const { exchange, arrive, refused } = await openTicketExchange(t, createPlane(), settings);
      const { ticket } = await arrive();
      await outcome(await enter(t, exchange, { word: 'TICKET', ticket }));
      assert.deepEqual(await refused(1), ['address']);
    });

    test('is left alone when it is gone already, and the client waits on', async (t) => {
      const { exchange, arrive, present } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      const { near } = await atTheDoor(t);
      near.destroy();
      exchange.adopt(near, { word: 'TICKET', ticket }, Buffer.alloc(0));
      (await present(ticket)).write('x');
      await read(client, 1);
    });

    test('is closed when the exchange is over', async (t) => {
      const { exchange, arrive, present } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      const server = await present(ticket);
      server.write('x');
      await read(client, 1);
      await exchange.stop();
      const late = await enter(t, exchange, { word: 'TICKET', ticket });
      assert.equal((await outcome(late)).data.length, 0);
      exchange.cut('drain');
      await exchange.finished;
      const tooLate = await enter(t, exchange, { word: 'TICKET', ticket });
      assert.equal((await outcome(tooLate)).data.length, 0);
    });
  });
}

/** Has an exchange adopt a connection, with the bytes that came by then and those that come later. */
async function enter(
  t: TestContext,
  exchange: Exchange,
  hello: BackConnectHello,
  bytes = Buffer.alloc(0),
): Promise<Socket> {
  const { near, far } = await atTheDoor(t);
  if (bytes.length === 0) {
    exchange.adopt(near, hello, bytes);
    return far;
  }
  far.write(bytes);
  const [chunk] = (await once(near, 'data')) as [Buffer];
  near.pause();
  exchange.adopt(near, hello, chunk);
  return far;
}
