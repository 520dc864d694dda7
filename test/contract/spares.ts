import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { LIMITS } from '../support/exchange.ts';
import { connectTo, knock, outcome, read } from '../support/tcp.ts';
import {
  ANNOUNCEMENT,
  MOST_SPARES,
  type New,
  openTicketExchange,
  spareLine,
  taken,
} from '../support/ticket-exchange.ts';
import { until } from '../support/until.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function spares(createPlane: PlaneUnderTest): void {
  describe('spares', () => {
    test('a client is joined with one at once, which is told whom it has got', async (t) => {
      const { exchange, spare, news, ended } = await openTicketExchange(t, createPlane());
      const server = await spare();
      const client = await connectTo(t, exchange.clientPort);
      const told = await taken(server);
      assert.deepEqual(told.client, { address: '127.0.0.1', port: client.localPort });
      // A service may speak first.
      server.write('welcome');
      assert.equal((await read(client, 7)).toString(), 'welcome');
      client.end('thanks');
      assert.deepEqual(await outcome(server), { data: Buffer.from('thanks'), ending: 'eof' });
      const rest = outcome(client);
      server.end();
      assert.equal((await rest).ending, 'eof');
      const [record] = await ended(1);
      const { bytesToServer, bytesToClient, ending } = record ?? {};
      assert.deepEqual([bytesToServer, bytesToClient, ending], [6, 7, 'eof']);
      assert.deepEqual(news, [], 'nobody else is told');
      assert.equal(exchange.counters().spares, 0);
    });

    test('the one that has waited longest is taken first', async (t) => {
      const { exchange, spare } = await openTicketExchange(t, createPlane());
      const servers = [await spare(), await spare(), await spare()];
      for (const server of servers) {
        const client = await connectTo(t, exchange.clientPort);
        const told = await taken(server);
        assert.equal(told.client.port, client.localPort);
      }
    });

    test('without one left, clients are announced again', async (t) => {
      const { exchange, spare, arrive, present } = await openTicketExchange(t, createPlane());
      const server = await spare();
      await connectTo(t, exchange.clientPort);
      await taken(server);
      const { client, ticket } = await arrive();
      (await present(ticket)).write('x');
      await read(client, 1);
    });

    test('a client takes one also where none may wait', async (t) => {
      const settings = { limits: { ...LIMITS, waiting: 0 } };
      const { exchange, spare, refused } = await openTicketExchange(t, createPlane(), settings);
      const server = await spare();
      const client = await connectTo(t, exchange.clientPort);
      await taken(server);
      client.write('x');
      await read(server, 1);
      assert.equal(await knock(exchange.clientPort), 'ECONNRESET');
      assert.deepEqual(await refused(1), ['waiting']);
    });

    test('a failure resets the client that one was taken for', async (t) => {
      const { exchange, spare, ended } = await openTicketExchange(t, createPlane());
      const server = await spare();
      const client = await connectTo(t, exchange.clientPort);
      const { ticket } = await taken(server);
      const seen = [client, server].map(outcome);
      exchange.fail(ticket);
      for (const { ending } of await Promise.all(seen)) assert.equal(ending, 'ECONNRESET');
      assert.equal((await ended(1))[0]?.ending, 'target-failed');
    });

    for (const [what, leave] of [
      ['speaks', (socket) => socket.write('x')],
      ['ends', (socket) => socket.end()],
      ['is reset', (socket) => socket.resetAndDestroy()],
    ] as [string, (socket: Socket) => void][]) {
      test(`one that ${what} before it is taken is closed, and clients are announced`, async (t) => {
        const { exchange, spare, refused, arrive, present } = await openTicketExchange(
          t,
          createPlane(),
        );
        const server = await spare();
        const closed = outcome(server);
        leave(server);
        assert.equal((await closed).data.length, 0);
        assert.deepEqual(await refused(1), ['spare']);
        const { spares: left, refused: counted } = exchange.counters();
        assert.deepEqual([left, counted.spare], [0, 1]);
        const { client, ticket } = await arrive();
        (await present(ticket)).write('x');
        await read(client, 1);
      });
    }

    test('one that speaks in the breath of its first line is closed', async (t) => {
      const { exchange, say, refused } = await openTicketExchange(t, createPlane());
      await outcome(await say(`${spareLine()}x`));
      assert.deepEqual(await refused(1), ['spare']);
      assert.equal(exchange.counters().spares, 0);
    });

    test('one with another ticket is closed', async (t) => {
      const { arrive, say, refused } = await openTicketExchange(t, createPlane());
      const { ticket } = await arrive();
      for (const wrong of ['0123456789abcdef', ticket]) await outcome(await say(spareLine(wrong)));
      assert.deepEqual(await refused(2), ['ticket', 'ticket']);
    });

    test('those over their number are closed, however many come', async (t) => {
      const { exchange, say, refused } = await openTicketExchange(t, createPlane());
      const surplus = 100;
      for (let n = 0; n < MOST_SPARES + surplus; n += 1) await say(spareLine());
      await refused(surplus);
      const { spares: left, refused: counted } = exchange.counters();
      assert.deepEqual([left, counted.spare], [MOST_SPARES, surplus]);
    });

    test('all are closed when the registrant is gone, and its ticket for them is over', async (t) => {
      const { exchange, spare, say, refused } = await openTicketExchange(t, createPlane());
      const closed = [await spare(), await spare()].map(outcome);
      exchange.hold();
      for (const { data } of await Promise.all(closed)) assert.equal(data.length, 0);
      assert.equal(exchange.counters().spares, 0);
      await outcome(await say(spareLine()));
      exchange.announce({ ...ANNOUNCEMENT, spares: { ticket: 'another-spareTicket', most: 1 } });
      await outcome(await say(spareLine()));
      assert.deepEqual(await refused(2), ['ticket', 'ticket']);
      const server = await spare('another-spareTicket');
      await connectTo(t, exchange.clientPort);
      await taken(server);
    });

    test('a registrant that was given none can park none', async (t) => {
      const { exchange, say, refused } = await openTicketExchange(t, createPlane());
      exchange.announce({ descriptor: undefined });
      await outcome(await say(spareLine()));
      assert.deepEqual(await refused(1), ['ticket']);
    });

    test('a hundred clients in a row get one each, refilled as they are taken', async (t) => {
      const { exchange, say, news } = await openTicketExchange(t, createPlane());
      const refill = async () => {
        const server = await say(spareLine());
        const serve = ({ ticket }: New) => {
          server.write(`${ticket}\n`);
          void refill();
        };
        // Those that are left at the end are never taken.
        taken(server).then(serve, () => {});
      };
      for (let n = 0; n < MOST_SPARES; n += 1) await refill();
      const seen = new Set<string>();
      for (let n = 0; n < 100; n += 1) {
        await until(() => exchange.counters().spares > 0);
        const client = await connectTo(t, exchange.clientPort);
        const [line] = await once(client, 'data');
        seen.add(String(line));
      }
      assert.equal(seen.size, 100);
      assert.deepEqual(news, []);
    });
  });
}
