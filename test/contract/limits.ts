import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientLimits } from '#src/data-plane/data-plane.ts';
import { LIMITS, openExchange } from '../support/exchange.ts';
import { knock, outcome, read } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const HERE = '127.0.0.1';
const THERE = '127.0.0.2';

export function limits(createPlane: PlaneUnderTest): void {
  describe('limits', () => {
    async function open(t: Parameters<typeof openExchange>[0], limits: Partial<ClientLimits>) {
      const opened = await openExchange(t, createPlane(), { limits: { ...LIMITS, ...limits } });
      const { exchange, refused, refusals } = opened;
      /** What a client from this address is refused for; undefined when it waits. */
      const visit = async (localAddress = HERE) => {
        const [before, { waiting }] = [refusals.length, exchange.counters()];
        const waits = once(opened.events, 'clientWaiting').then(() => 'waits');
        const client = connect({ port: exchange.clientPort, host: HERE, localAddress });
        t.after(() => client.destroy());
        const seen = outcome(client);
        const turnedAway = refused(before + 1).then((causes) => causes[before]);
        const answer = await Promise.race([waits, turnedAway]);
        if (answer !== 'waits') assert.equal((await seen).ending, 'ECONNRESET');
        else assert.equal(exchange.counters().waiting, waiting + 1);
        return answer;
      };
      return { ...opened, visit };
    }

    test('a client from a denied address is reset, counted, and not announced', async (t) => {
      const { visit, exchange, events, refusals } = await open(t, { deny: ['127.0.0.2/31'] });
      events.on('notify', () => told.push('told'));
      const told: string[] = [];
      assert.equal(await visit(THERE), 'denied');
      assert.deepEqual(refusals, [['denied', THERE]]);
      assert.equal(exchange.counters().refused.denied, 1);
      assert.deepEqual(told, []);
      assert.equal(await visit(HERE), 'waits');
    });

    test('a client has to match one entry of each list of those allowed', async (t) => {
      const allow = [
        ['10.0.0.0/8', '127.0.0.0/8'],
        ['127.0.0.2', '::1'],
      ];
      const { visit } = await open(t, { allow });
      assert.equal(await visit(HERE), 'denied');
      assert.equal(await visit(THERE), 'waits');
    });

    test('an address has so many at a time, and others have theirs', async (t) => {
      const { visit, exchange, backConnect, ended } = await open(t, { clientsPerAddress: 2 });
      for (const address of [HERE, HERE, THERE]) assert.equal(await visit(address), 'waits');
      assert.equal(await visit(HERE), 'address-limit');
      assert.equal(await visit(THERE), 'waits');
      assert.equal(exchange.counters().refused['address-limit'], 1);
      const server = await backConnect();
      assert.equal(await visit(HERE), 'address-limit', 'a pair counts');
      server.resetAndDestroy();
      await ended(1);
      assert.equal(await visit(HERE), 'waits');
    });

    test('an address brings so many new ones per second, and others have theirs', async (t) => {
      const { visit } = await open(t, { ratePerAddress: 2 });
      await comeTooOften(2, () => visit(HERE));
      assert.equal(await visit(THERE), 'waits');
    });

    test('all together are so many new ones per second', async (t) => {
      const { visit, exchange } = await open(t, { rate: 2 });
      const addresses = [HERE, THERE, '127.0.0.3'];
      await comeTooOften(2, (n) => visit(addresses[n % addresses.length]));
      assert.equal(exchange.counters().refused.rate, 2);
    });

    test('so many wait at one time, and pairs do not count', async (t) => {
      const { visit, backConnect, events } = await open(t, { waiting: 1 });
      assert.equal(await visit(), 'waits');
      assert.equal(await visit(), 'waiting');
      const paired = once(events, 'clientPaired');
      await backConnect();
      await paired;
      assert.equal(await visit(), 'waits');
    });

    test('new ones hold for clients that come from then on', async (t) => {
      const { visit, exchange, backConnect } = await open(t, {});
      assert.equal(await visit(HERE), 'waits');
      exchange.limit({ ...LIMITS, deny: [HERE], clients: 2 });
      assert.equal(await visit(HERE), 'denied');
      assert.equal(await visit(THERE), 'waits');
      assert.equal(await visit(THERE), 'limit');
      exchange.limit(LIMITS);
      assert.equal(await visit(HERE), 'waits');
      await backConnect();
    });

    test('a pair that is silent for too long is reset, and one that is not goes on', async (t) => {
      const { pair, ended, exchange } = await open(t, { idle: 4000 });
      const [silent, busy] = [await pair(), await pair()];
      const seen = [silent.client, silent.server].map(outcome);
      for (let n = 0; n < 12; n += 1) {
        const [from, to] = n % 2 === 0 ? [busy.client, busy.server] : [busy.server, busy.client];
        from.write('x');
        await read(to, 1);
        await delay(350);
      }
      for (const { ending } of await Promise.all(seen)) assert.equal(ending, 'ECONNRESET');
      assert.deepEqual(
        (await ended(1)).map(({ id, ending }) => [id, ending]),
        [[1, 'idle']],
      );
      assert.equal(exchange.counters().paired, 1);
      assert.equal(exchange.counters().ended.idle, 1);
    });

    test('a pair that is half-closed is held to the shorter of its bounds', async (t) => {
      const { pair, ended } = await open(t, { idle: 1000 });
      const { client, server } = await pair();
      const seen = outcome(server);
      client.end();
      assert.equal((await seen).ending, 'eof');
      assert.equal((await ended(1))[0]?.ending, 'idle');
    });

    test('a flood from denied addresses keeps nobody out', async (t) => {
      const { client, exchange } = await open(t, { deny: [THERE], ratePerAddress: 1 });
      const flood = Array.from({ length: 500 }, async () => {
        const denied = connect({ port: exchange.clientPort, host: HERE, localAddress: THERE });
        assert.equal((await outcome(denied)).ending, 'ECONNRESET');
      });
      await client();
      assert.equal(await knock(exchange.clientPort), 'ECONNRESET', 'its rate is used up');
      await Promise.all(flood);
      assert.equal(exchange.counters().refused.denied, 500);
    });
  });
}

/** Comes until there were too many, and again after a while: the rate bounds both, however slow this machine is. */
async function comeTooOften(
  rate: number,
  visit: (n: number) => Promise<string | undefined>,
): Promise<void> {
  const began = performance.now();
  const come = async () => {
    for (let waiting = 0; ; waiting += 1) {
      const answer = await visit(waiting);
      if (answer === 'waits') continue;
      assert.equal(answer, 'rate');
      return waiting;
    }
  };
  const first = await come();
  await delay(1200 / rate);
  const second = await come();
  assert.ok(first >= rate && second >= 1, `${first}, then ${second}`);
  const most = rate + (rate * (performance.now() - began)) / 1000;
  assert.ok(first + second <= most, `${first + second} of ${most}`);
}
