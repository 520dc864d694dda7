import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { descriptorOf } from '#src/data-plane/handle.ts';
import { formatNew } from '#src/protocol/basic.ts';
import { controlConnection } from '../support/control-connection.ts';
import { LIMITS, openExchange } from '../support/exchange.ts';
import { connectTo, knock, outcome, read } from '../support/tcp.ts';
import { ANNOUNCEMENT, newsIn, openTicketExchange } from '../support/ticket-exchange.ts';
import { until } from '../support/until.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const PAIR_TIMEOUT = 500;

export function holding(createPlane: PlaneUnderTest): void {
  describe('an exchange on hold', () => {
    test('has clients wait for as long as it lasts, and then their full time', async (t) => {
      const settings = { pairTimeout: PAIR_TIMEOUT };
      const opened = await openTicketExchange(t, createPlane(), settings);
      const { exchange, records, ended } = opened;
      exchange.hold();
      const client = await connectTo(t, exchange.clientPort);
      await until(() => exchange.counters().waiting === 1);
      // Their time has begun, and is not over by then.
      exchange.announce(ANNOUNCEMENT);
      exchange.hold();
      await delay(2 * PAIR_TIMEOUT);
      assert.equal(records.length, 0);
      const resumed = performance.now();
      exchange.announce(ANNOUNCEMENT);
      assert.equal((await outcome(client)).ending, 'ECONNRESET');
      const left = performance.now() - resumed;
      assert.ok(left > PAIR_TIMEOUT - 5, `${left} ms`);
      assert.equal((await ended(1))[0]?.ending, 'unfetched');
    });

    test('has each client announced again with the same ticket, those that came meanwhile too', async (t) => {
      const { exchange, arrive, announced, present } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      exchange.hold();
      const late = await connectTo(t, exchange.clientPort);
      await until(() => exchange.counters().waiting === 2);
      await delay(20);
      assert.equal((await announced(1)).length, 1, 'nobody is told while nobody is there');
      exchange.announce(ANNOUNCEMENT);
      const [, again, other] = await announced(3);
      assert.deepEqual([again?.ticket, again?.client.port], [ticket, client.localPort]);
      assert.equal(other?.client.port, late.localPort);
      for (const [socket, its] of [
        [client, ticket],
        [late, other?.ticket ?? ''],
      ] as const) {
        (await present(its)).write('x');
        await read(socket, 1);
      }
    });

    test('pairs those whose ticket comes, and lets pairs run on', async (t) => {
      const { exchange, arrive, present } = await openTicketExchange(t, createPlane());
      const [before, during] = [await arrive(), await arrive()];
      const server = await present(before.ticket);
      server.write('x');
      await read(before.client, 1);
      exchange.hold();
      before.client.write('on');
      assert.equal((await read(server, 2)).toString(), 'on');
      (await present(during.ticket)).write('y');
      assert.equal((await read(during.client, 1)).toString(), 'y');
    });

    test('bounds who waits', async (t) => {
      const settings = { limits: { ...LIMITS, waiting: 2 } };
      const { exchange, refused } = await openTicketExchange(t, createPlane(), settings);
      exchange.hold();
      for (let n = 0; n < 2; n += 1) await connectTo(t, exchange.clientPort);
      assert.equal(await knock(exchange.clientPort), 'ECONNRESET');
      assert.deepEqual(await refused(1), ['waiting']);
    });

    test('is what a new one is, until it is announced', async (t) => {
      const plane = createPlane();
      const { exchange, events } = await openExchange(t, plane, { pairTimeout: PAIR_TIMEOUT });
      exchange.hold();
      const told: string[] = [];
      events.on('notify', (text) => told.push(text));
      await connectTo(t, exchange.clientPort);
      await until(() => exchange.counters().waiting === 1);
      await delay(2 * PAIR_TIMEOUT);
      assert.equal(exchange.counters().waiting, 1);
      exchange.say('lost\n');
      exchange.announce({ descriptor: undefined });
      await until(() => told.length > 0);
      assert.deepEqual(told, [formatNew(exchange.backConnectPort)]);
    });

    test('lets go of the control connection', async (t) => {
      const { near, far } = await controlConnection(t);
      const { exchange } = await openTicketExchange(t, createPlane());
      exchange.announce({ ...ANNOUNCEMENT, descriptor: descriptorOf(near) });
      const over = outcome(far);
      exchange.hold();
      near.destroy();
      assert.equal((await over).ending, 'eof');
    });

    test('tells a new registrant nothing that was meant for the last one', async (t) => {
      const [first, second] = [await controlConnection(t), await controlConnection(t)];
      const { exchange, events } = await openTicketExchange(t, createPlane());
      let control = first.near;
      events.on('notify', (text) => control.write(text));
      exchange.announce({ ...ANNOUNCEMENT, descriptor: descriptorOf(first.near) });
      // More than the kernel takes for somebody who does not read.
      for (let n = 0; n < 200; n += 1) exchange.say(`${'x'.repeat(64 * 1024)}\n`);
      await connectTo(t, exchange.clientPort);
      await until(() => exchange.counters().waiting === 1);
      exchange.hold();
      control = second.near;
      exchange.announce({ ...ANNOUNCEMENT, descriptor: descriptorOf(second.near) });
      exchange.say('[OVER]\n');
      let text = '';
      while (!text.endsWith('[OVER]\n')) text += (await read(second.far, 1)).toString();
      const lines = text.split('\n');
      assert.equal(newsIn(lines).length, 1);
      assert.deepEqual(lines.slice(1), ['[OVER]', '']);
    });
  });
}
