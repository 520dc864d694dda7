import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { Exchange } from '#src/data-plane/data-plane.ts';
import { atTheDoor } from '../support/at-the-door.ts';
import { LIMITS, openExchange } from '../support/exchange.ts';
import { connectTo, freePorts, knock, outcome, read } from '../support/tcp.ts';
import { openTicketExchange } from '../support/ticket-exchange.ts';
import { until } from '../support/until.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const NO_DOORS = { clientPort: undefined, backConnectPort: undefined };
const MIB = 1024 * 1024;

export function otherDoors(createPlane: PlaneUnderTest): void {
  describe('an exchange without listeners', () => {
    test('has no ports, and both of its ends come by other doors', async (t) => {
      const { exchange, ended } = await openExchange(t, createPlane(), NO_DOORS);
      assert.deepEqual([exchange.clientPort, exchange.backConnectPort], [0, 0]);
      const pool = { most: 8, introduction: 'CONNECTED\n' };
      exchange.announce({ descriptor: undefined, pool });
      const server = await atTheDoor(t);
      exchange.adopt(server.near, undefined, Buffer.from('banner '));
      await until(() => exchange.counters().spares === 1);
      const client = await atTheDoor(t);
      enter(exchange, client.near, 'request', 'CONNECTED\n');
      const got = outcome(client.far);
      assert.equal((await read(server.far, 17)).toString(), 'CONNECTED\nrequest');
      server.far.end('answer');
      const all = Buffer.from('CONNECTED\nbanner answer');
      assert.deepEqual(await got, { data: all, ending: 'eof' });
      client.far.end();
      const [record] = await ended(1);
      const { bytesToServer, bytesToClient, ending } = record ?? {};
      assert.deepEqual([bytesToServer, bytesToClient, ending], [7, 13, 'eof']);
    });

    test('takes a back-connect that comes before anybody waits for none of its own', async (t) => {
      const { exchange, refused } = await openExchange(t, createPlane(), NO_DOORS);
      const server = await atTheDoor(t);
      exchange.adopt(server.near, undefined, Buffer.alloc(0));
      assert.equal((await outcome(server.far)).ending, 'eof');
      assert.deepEqual(await refused(1), ['no-client']);
    });
  });

  test('a port for back-connects can be chosen', async (t) => {
    const backConnectPort = await freePorts(1);
    const { exchange, pair } = await openExchange(t, createPlane(), { backConnectPort });
    assert.equal(exchange.backConnectPort, backConnectPort);
    const { client, server } = await pair();
    server.write('x');
    assert.equal((await read(client, 1)).toString(), 'x');
  });

  test('lines can be bare ports', async (t) => {
    const { exchange, events } = await openExchange(t, createPlane());
    exchange.announce({ descriptor: undefined, bare: true });
    const told = once(events, 'notify');
    await connectTo(t, exchange.clientPort);
    assert.deepEqual(await told, [`${exchange.backConnectPort}\n`]);
  });

  describe('a client that comes in by another door', () => {
    for (const size of [0, 1, 1000, MIB]) {
      test(`brings ${size} bytes along, wherever they were by then, and its end`, async (t) => {
        const { exchange, announced, present } = await openTicketExchange(t, createPlane());
        const { near, far } = await atTheDoor(t);
        const early = randomBytes(size);
        far.end(early);
        if (size > 0) await once(near, 'readable');
        const read: Buffer | null = size > 0 ? near.read() : null;
        exchange.adoptClient(near, { read: read ?? Buffer.alloc(0), greeting: '' });
        const [told] = await announced(1);
        assert.deepEqual(told?.client, { address: '127.0.0.1', port: far.localPort });
        const server = await present(told?.ticket ?? '');
        assert.deepEqual(await outcome(server), { data: early, ending: 'eof' });
        const rest = outcome(far);
        server.end('answer');
        assert.deepEqual(await rest, { data: Buffer.from('answer'), ending: 'eof' });
      });
    }

    test('that was reset is so for the server too', async (t) => {
      const { exchange, announced, present } = await openTicketExchange(t, createPlane());
      const { near, far } = await atTheDoor(t);
      enter(exchange, near, '', '');
      const [told] = await announced(1);
      const server = await present(told?.ticket ?? '');
      const ending = outcome(server);
      far.write('x');
      await once(server, 'data');
      far.resetAndDestroy();
      assert.equal((await ending).ending, 'ECONNRESET');
    });

    test('that was reset while it waited is so for the server too', async (t) => {
      const { exchange, announced, present } = await openTicketExchange(t, createPlane());
      const { near, far } = await atTheDoor(t);
      enter(exchange, near, 'request', '');
      const [told] = await announced(1);
      far.resetAndDestroy();
      assert.equal((await outcome(await present(told?.ticket ?? ''))).ending, 'ECONNRESET');
    });

    test('and was only accepted is like one that came by the port', async (t) => {
      const { exchange, pair, events } = await openExchange(t, createPlane());
      const { near, far } = await atTheDoor(t);
      far.write('early');
      const waiting = once(events, 'clientWaiting');
      exchange.adoptClient(near);
      await waiting;
      const { server } = await pair();
      assert.equal((await read(server, 5)).toString(), 'early');
    });

    test('counts among those of its address, whichever way they come', async (t) => {
      const limits = { ...LIMITS, clientsPerAddress: 1 };
      const { exchange, client, events, refused } = await openExchange(t, createPlane(), {
        limits,
      });
      await client();
      const ending = outcome((await enterFrom(t, exchange, '127.0.0.1')).far);
      assert.equal((await ending).ending, 'ECONNRESET');
      assert.deepEqual(await refused(1), ['address-limit']);
      const waiting = once(events, 'clientWaiting');
      await enterFrom(t, exchange, '127.0.0.2');
      assert.equal((await waiting)[0].address, '127.0.0.2');
      assert.equal(await knock(exchange.clientPort, '127.0.0.1', '127.0.0.2'), 'ECONNRESET');
    });

    test('is held to the limits of the exchange', async (t) => {
      const limits = { ...LIMITS, clients: 1 };
      const { exchange, events, refused } = await openExchange(t, createPlane(), { limits });
      const [first, second] = [await atTheDoor(t), await atTheDoor(t)];
      const waiting = once(events, 'clientWaiting');
      enter(exchange, first.near, '', '');
      await waiting;
      const ending = outcome(second.far);
      enter(exchange, second.near, '', '');
      assert.equal((await ending).ending, 'ECONNRESET');
      assert.deepEqual(await refused(1), ['limit']);
    });

    test('is reset where nobody comes any more', async (t) => {
      const { exchange } = await openExchange(t, createPlane());
      await exchange.stop();
      const { near, far } = await atTheDoor(t);
      const ending = outcome(far);
      enter(exchange, near, '', '');
      assert.equal((await ending).ending, 'ECONNRESET');
    });

    test('is not told of where it was reset before it was accepted', async (t) => {
      const { exchange, announced } = await openTicketExchange(t, createPlane());
      const { near, far } = await atTheDoor(t);
      // So Node shows it, although there may be bytes of it to read.
      Object.defineProperty(near, 'remoteAddress', { value: undefined });
      const over = outcome(far);
      enter(exchange, near, 'request', '');
      await over;
      await connectTo(t, exchange.clientPort);
      const [told] = await announced(1);
      assert.equal(told?.client.address, '127.0.0.1');
      assert.equal(exchange.counters().waiting, 1);
    });

    test('may be gone by then', async (t) => {
      const { exchange } = await openExchange(t, createPlane());
      const { near } = await atTheDoor(t);
      near.destroy();
      enter(exchange, near, '', '');
      assert.equal(exchange.counters().waiting, 0);
    });
  });
}

async function enterFrom(t: TestContext, exchange: Exchange, localAddress: string) {
  const both = await atTheDoor(t, { localAddress });
  enter(exchange, both.near, '', '');
  return both;
}

function enter(exchange: Exchange, socket: Socket, read: string, greeting: string): void {
  exchange.adoptClient(socket, { read: Buffer.from(read), greeting });
}
