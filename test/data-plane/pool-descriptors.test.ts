import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, describe, type TestContext, test } from 'node:test';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { DESCRIPTORS_PER_CLIENT } from '#src/data-plane/limits.ts';
import { atTheDoor } from '../support/at-the-door.ts';
import { leavesNoDescriptor } from '../support/descriptors.ts';
import { openExchange, type TestExchange } from '../support/exchange.ts';
import { planeWith } from '../support/planes.ts';
import { connectTo, outcome, read } from '../support/tcp.ts';
import { until } from '../support/until.ts';

const DESCRIPTORS = 1000;
const MOST = 3;

type Way = (opened: TestExchange, t: TestContext) => Promise<Socket[]>;

/** What may become of clients and of those who wait for them. Each returns its own ends, closed or about to be. */
const WAYS: Record<string, Way> = {
  async 'those that die waiting'({ exchange, backConnect }) {
    const idle = [await backConnect(), await backConnect(), await backConnect()];
    await until(() => exchange.counters().spares === idle.length);
    for (const [n, socket] of idle.entries()) {
      socket[n === 0 ? 'end' : n === 1 ? 'destroy' : 'resetAndDestroy']();
    }
    return idle;
  },
  async 'too many of them, and those that a hold closes'({ exchange, backConnect, refusals }) {
    const seen = refusals.length;
    const idle = await Promise.all(Array.from({ length: MOST + 2 }, () => backConnect()));
    await until(() => refusals.length === seen + 2);
    exchange.hold();
    await announce(exchange);
    return idle;
  },
  async 'clients that came early, late and for nothing'({ exchange, client, backConnect }, t) {
    const early = await client();
    early.write('x');
    const first = await backConnect();
    await read(first, 1);
    const second = await backConnect();
    await until(() => exchange.counters().spares === 1);
    const late = await connectTo(t, exchange.clientPort);
    late.write('x');
    await read(second, 1);
    const unserved = await client();
    exchange.park(true);
    exchange.park(false);
    early.end();
    first.end();
    second.resetAndDestroy();
    return [early, first, late, second, unserved];
  },
  async 'both ends by another door'({ exchange, events }, t) {
    const server = await atTheDoor(t);
    exchange.adopt(server.near, undefined, Buffer.from('early'));
    await until(() => exchange.counters().spares === 1);
    const client = await atTheDoor(t);
    const ended = once(events, 'clientEnded');
    exchange.adoptClient(client.near, { read: Buffer.from('x'), greeting: 'y' });
    assert.equal((await read(server.far, 1)).toString(), 'x');
    assert.equal((await read(client.far, 6)).toString(), 'yearly');
    server.far.end();
    client.far.end();
    await ended;
    return [server.far, client.far];
  },
};

for (const name of ['linux', 'portable'] as const) {
  describe(`descriptors of a pool of the ${name} data plane`, () => {
    const budget = new DescriptorBudget(DESCRIPTORS);
    const plane = planeWith(name, budget);
    after(() => plane.close());

    for (const [what, way] of Object.entries(WAYS)) {
      test(`none is left of ${what}`, async (t) => {
        const opened = await openExchange(t, plane);
        await announce(opened.exchange);
        await leavesNoDescriptor(budget, () => way(opened, t));
      });
    }

    /** Has another door accept a connection, and count it until it closes. */
    const enter = async (t: TestContext) => {
      const { near, far } = await atTheDoor(t);
      budget.take(1);
      near.once('close', () => budget.give(1));
      return { near, far };
    };

    test('a client is reset for whom there are none', async (t) => {
      const { exchange, refused, events } = await openExchange(t, plane);
      // One is the door's until Node has told of its close.
      const others = budget.free - DESCRIPTORS_PER_CLIENT - 1;
      budget.take(others);
      t.after(() => budget.give(others));
      const first = await enter(t);
      const waiting = once(events, 'clientWaiting');
      exchange.adoptClient(first.near);
      await waiting;
      const second = await enter(t);
      const ending = outcome(second.far);
      exchange.adoptClient(second.near);
      assert.equal((await ending).ending, 'ECONNRESET');
      assert.deepEqual(await refused(1), ['descriptors']);
    });

    test('are counted once of what another door has counted', async (t) => {
      const { exchange, events } = await openExchange(t, plane);
      await announce(exchange);
      const { free } = budget;
      const used = (count: number) => until(() => free - budget.free === count);
      const server = await enter(t);
      exchange.adopt(server.near, undefined, Buffer.alloc(0));
      await until(() => exchange.counters().spares === 1);
      await used(1);
      const [client, late] = [await enter(t), await enter(t)];
      exchange.adoptClient(client.near);
      client.far.write('x');
      await read(server.far, 1);
      const waiting = once(events, 'clientWaiting');
      exchange.adoptClient(late.near);
      await waiting;
      // One who waits has another put aside for its back-connect.
      await used(4);
      client.far.resetAndDestroy();
      await used(2);
      exchange.park(true);
      await used(0);
    });
  });
}

/** Has a pool announced, and waits for an answer from where it is known then. */
async function announce(exchange: TestExchange['exchange']): Promise<void> {
  exchange.announce({ descriptor: undefined, pool: { most: MOST, introduction: '' } });
  await exchange.connections();
}
