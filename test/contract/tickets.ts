import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { connectTo, outcome, read } from '../support/tcp.ts';
import { openTicketExchange, ticketLine } from '../support/ticket-exchange.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function tickets(createPlane: PlaneUnderTest): void {
  describe('tickets', () => {
    test('each client is announced with a ticket of its own, its address and its port', async (t) => {
      const { exchange, announced } = await openTicketExchange(t, createPlane());
      const clients: Socket[] = [];
      for (let n = 0; n < 20; n += 1) clients.push(await connectTo(t, exchange.clientPort));
      const news = await announced(20);
      assert.equal(new Set(news.map(({ ticket }) => ticket)).size, 20);
      assert.deepEqual(
        news.map(({ client }) => client),
        clients.map(({ localPort: port }) => ({ address: '127.0.0.1', port })),
      );
    });

    test('a ticket fetches its own client, in whatever order tickets come', async (t) => {
      const { arrive, present } = await openTicketExchange(t, createPlane());
      const arrivals = [];
      for (let n = 0; n < 20; n += 1) arrivals.push(await arrive());
      for (const { client, ticket } of arrivals.reverse()) {
        const server = await present(ticket);
        client.write(ticket);
        assert.equal((await read(server, ticket.length)).toString(), ticket);
        server.write('back');
        assert.equal((await read(client, 4)).toString(), 'back');
      }
    });

    test('what comes behind the line reaches the client, and counts', async (t) => {
      const { arrive, present, ended } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      const early = randomBytes(1024 * 1024);
      const got = outcome(client);
      const server = await present(ticket, early);
      server.end();
      assert.deepEqual(await got, { data: early, ending: 'eof' });
      const rest = outcome(server);
      client.end('answer');
      assert.equal((await rest).data.toString(), 'answer');
      const [record] = await ended(1);
      assert.equal(record?.bytesToClient, early.length);
      assert.equal(record?.bytesToServer, 6);
      assert.equal(record?.ending, 'eof');
    });

    test('a line that comes byte by byte, with its rest, is read like any other', async (t) => {
      const { exchange, arrive } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      const server = await connectTo(t, exchange.backConnectPort, { noDelay: true });
      for (const byte of Buffer.from(`${ticketLine(ticket)}rest`)) {
        await new Promise((resolve) => server.write(Buffer.of(byte), resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal((await read(client, 4)).toString(), 'rest');
    });
  });
}
