import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { drawTicket } from '#src/protocol/proof.ts';
import { connectTo, outcome, read } from '../support/tcp.ts';
import { openTicketExchange, ticketLine } from '../support/ticket-exchange.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function tickets(createPlane: PlaneUnderTest): void {
  describe('tickets', () => {
    test('each client is announced with one of its own, its address and its port', async (t) => {
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

    test('an IPv6 client is announced with its address', async (t) => {
      const settings = { host: undefined };
      const { exchange, announced } = await openTicketExchange(t, createPlane(), settings);
      const { localPort: port } = await connectTo(t, exchange.clientPort, { host: '::1' });
      const [told] = await announced(1);
      assert.deepEqual(told?.client, { address: '::1', port });
    });

    test('nobody is announced who left so early that it cannot be said where from', async (t) => {
      const { arrive, events, exchange } = await openTicketExchange(t, createPlane());
      let told = '';
      events.on('notify', (text: string) => {
        told += text;
      });
      const leaving = Array.from({ length: 100 }, () => {
        const socket = connect({ host: '127.0.0.1', port: exchange.clientPort });
        socket.once('connect', () => socket.resetAndDestroy());
        return once(socket, 'close');
      });
      await Promise.all(leaving);
      await arrive();
      assert.doesNotMatch(told, /"address":""/);
    });

    test('each fetches its own client, in whatever order they come', async (t) => {
      const { arrive, present } = await openTicketExchange(t, createPlane());
      const arrivals = [];
      for (let n = 0; n < 20; n += 1) arrivals.push(await arrive());
      for (const { client, ticket } of arrivals.reverse()) {
        client.write(ticket);
        const server = await present(ticket);
        assert.equal((await read(server, ticket.length)).toString(), ticket);
        server.write('back');
        assert.equal((await read(client, 4)).toString(), 'back');
      }
    });

    for (const size of [1, 1000, 1024 * 1024]) {
      test(`${size} bytes behind the line, and an end, reach the client and count`, async (t) => {
        const { arrive, present, ended } = await openTicketExchange(t, createPlane());
        const { client, ticket } = await arrive();
        const early = randomBytes(size);
        const got = outcome(client);
        const server = await present(ticket, early);
        const rest = outcome(server);
        server.end();
        assert.deepEqual(await got, { data: early, ending: 'eof' });
        client.end('answer');
        assert.deepEqual(await rest, { data: Buffer.from('answer'), ending: 'eof' });
        const [record] = await ended(1);
        const { bytesToClient, bytesToServer, ending } = record ?? {};
        assert.deepEqual([bytesToClient, bytesToServer, ending], [size, 6, 'eof']);
      });
    }

    test('a line that comes byte by byte is read like any other, and so is what follows', async (t) => {
      const { exchange, arrive } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      const server = await connectTo(t, exchange.backConnectPort, { noDelay: true });
      for (const byte of Buffer.from(`${ticketLine(ticket)}rest`)) {
        await new Promise((resolve) => server.write(Buffer.of(byte), resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal((await read(client, 4)).toString(), 'rest');
    });

    test('one that was used is good for nobody, and its pair runs on', async (t) => {
      const { arrive, present, refused } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      await arrive();
      const server = await present(ticket);
      server.write('mine');
      assert.equal((await read(client, 4)).toString(), 'mine');
      const again = outcome(await present(ticket, Buffer.from('not mine')));
      assert.deepEqual(await refused(1), ['ticket']);
      assert.equal((await again).data.length, 0);
      client.write('still here');
      assert.equal((await read(server, 10)).toString(), 'still here');
    });

    test('one that nobody has is closed, and clients wait on for theirs', async (t) => {
      const { arrive, present, refused, exchange } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      client.write('secret');
      const stranger = outcome(await present(drawTicket()));
      assert.equal((await stranger).data.length, 0);
      assert.deepEqual(await refused(1), ['ticket']);
      assert.equal(exchange.counters().refused.ticket, 1);
      assert.equal((await read(await present(ticket), 6)).toString(), 'secret');
    });

    test("one of another exchange's client is good for nobody here", async (t) => {
      const plane = createPlane();
      const [here, there] = [
        await openTicketExchange(t, plane),
        await openTicketExchange(t, plane),
      ];
      await here.arrive();
      const { ticket } = await there.arrive();
      await here.present(ticket);
      assert.deepEqual(await here.refused(1), ['ticket']);
      assert.equal(here.exchange.counters().waiting, 1);
    });

    test('one that comes after the pair timeout is late', async (t) => {
      const settings = { pairTimeout: 50 };
      const { arrive, present, refused, ended } = await openTicketExchange(
        t,
        createPlane(),
        settings,
      );
      const { client, ticket } = await arrive();
      assert.equal((await outcome(client)).ending, 'ECONNRESET');
      assert.equal((await ended(1))[0]?.ending, 'unfetched');
      await present(ticket);
      assert.deepEqual(await refused(1), ['ticket']);
    });

    test("one from an address that is not the registrant's is not even read", async (t) => {
      const settings = { backConnectFrom: '127.0.0.9' };
      const opened = await openTicketExchange(t, createPlane(), settings);
      const { client, ticket } = await opened.arrive();
      await opened.present(ticket);
      assert.deepEqual(await opened.refused(1), ['address']);
      const server = await opened.say(ticketLine(ticket), '127.0.0.9');
      server.write('x');
      await read(client, 1);
    });

    test('a failure resets the client that it names, waiting or paired, and nobody else', async (t) => {
      const opened = await openTicketExchange(t, createPlane());
      const { exchange, arrive, present, ended } = opened;
      const [waiting, paired, other] = [await arrive(), await arrive(), await arrive()];
      const server = await present(paired.ticket);
      server.write('x');
      await read(paired.client, 1);
      const seen = [waiting.client, paired.client, server].map(outcome);
      for (const ticket of [drawTicket(), waiting.ticket, paired.ticket]) exchange.fail(ticket);
      for (const { ending } of await Promise.all(seen)) assert.equal(ending, 'ECONNRESET');
      for (const { ending } of await ended(2)) assert.equal(ending, 'target-failed');
      assert.equal(exchange.counters().ended['target-failed'], 2);
      await present(waiting.ticket);
      assert.deepEqual(await opened.refused(1), ['ticket']);
      const own = await present(other.ticket);
      own.write('y');
      assert.equal((await read(other.client, 1)).toString(), 'y');
    });
  });
}
