import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { runTypeScript } from '../support/program.ts';
import { connectTo, outcome, read } from '../support/tcp.ts';
import { openTicketExchange, ticketLine } from '../support/ticket-exchange.ts';
import { until } from '../support/until.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

/** Back-connects without a first line that there may be beyond the clients that wait, and milliseconds that each may take for it. */
const MOST = 256;
const PATIENCE = 5000;

/** Octets of a first line at most. */
const LONGEST = 512;

const GARBAGE = 10_000;
const AT_ONCE = 100;

const WRONG_LINES: [what: string, bytes: string][] = [
  ['an empty line', '\n'],
  ['an HTTP request', 'GET / HTTP/1.1\r\n'],
  ['a ticket without a registration', '[TICKET] {"ticket":"0123456789abcdef"}\n'],
  ['a word that is not known', '[OPEN] {"registration":1,"ticket":"0123456789abcdef"}\n'],
  ['what is no JSON', '[TICKET] {"registration":1,"ticket":\n'],
  ['a line without an end', 'a'.repeat(LONGEST + 1)],
];

export function strangers(createPlane: PlaneUnderTest): void {
  describe('strangers at the back-connect port', () => {
    for (const [what, bytes] of WRONG_LINES) {
      test(`are closed at once for ${what}`, async (t) => {
        const { exchange, arrive, present, say, refused } = await openTicketExchange(
          t,
          createPlane(),
        );
        const { client, ticket } = await arrive();
        await outcome(await say(bytes));
        assert.deepEqual(await refused(1), ['hello']);
        assert.equal(exchange.counters().refused.hello, 1);
        (await present(ticket)).write('x');
        await read(client, 1);
      });
    }

    test('are closed when they end or fail before their line does', async (t) => {
      const { say, refused, exchange } = await openTicketExchange(t, createPlane());
      for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
        (await say('[TICKET] {'))[leave]();
      }
      assert.deepEqual(await refused(3), ['hello', 'hello', 'hello']);
      assert.equal(exchange.counters().refused.hello, 3);
    });

    test('push out the oldest of theirs when they are too many', async (t) => {
      const { exchange, arrive, refused } = await openTicketExchange(t, createPlane());
      const { client, ticket } = await arrive();
      const first = outcome(await connectTo(t, exchange.backConnectPort));
      const others: Socket[] = [];
      for (let n = 0; n <= MOST; n += 1) {
        others.push(await connectTo(t, exchange.backConnectPort));
      }
      assert.equal((await first).data.length, 0);
      assert.deepEqual(await refused(1), ['pushed-out']);
      assert.equal(exchange.counters().refused['pushed-out'], 1);
      // Whoever came next is still there.
      others[0]?.write(`${ticketLine(ticket)}x`);
      await read(client, 1);
    });

    test('are not those that clients wait for, of which none is pushed out however many come at once', async (t) => {
      const { exchange, client, announced, refused } = await openTicketExchange(t, createPlane());
      const crowd = MOST + 50;
      const clients: Socket[] = [];
      for (let n = 0; n < crowd; n += 1) clients.push(await client());
      const tickets = await announced(crowd);
      const backConnects = await Promise.all(
        tickets.map(() => connectTo(t, exchange.backConnectPort)),
      );
      for (const [n, { ticket }] of tickets.entries()) {
        backConnects[n]?.write(`${ticketLine(ticket)}x`);
      }
      for (const each of clients) await read(each, 1);
      assert.deepEqual(await refused(0), []);
    });

    // One of them waits for most of the time.
    describe('over a longer time', { concurrency: true }, () => {
      test('that say nothing are closed after five seconds, and so are those that dawdle', async (t) => {
        const { exchange, say, refused } = await openTicketExchange(t, createPlane());
        const began = performance.now();
        const silent = await connectTo(t, exchange.backConnectPort);
        const slow = await say('[');
        const dawdling = setInterval(() => slow.write('a'), 100);
        t.after(() => clearInterval(dawdling));
        await Promise.all([outcome(silent), outcome(slow)]);
        const lasted = performance.now() - began;
        assert.ok(lasted > PATIENCE - 100 && lasted < 6 * PATIENCE, `${lasted} ms`);
        assert.deepEqual(await refused(2), ['hello', 'hello']);
      });

      test('get nobody with any of 10,000 random first lines', async (t) => {
        const { exchange, arrive, present } = await openTicketExchange(t, createPlane(), {
          pairTimeout: 600_000,
        });
        const { client, ticket } = await arrive();
        client.write('secret');
        for (let sent = 0; sent < GARBAGE; sent += AT_ONCE) {
          const batch = Array.from({ length: AT_ONCE }, async () => {
            const stranger = connect({ port: exchange.backConnectPort, host: '127.0.0.1' });
            stranger.on('error', () => {});
            const closed = new Promise((resolve) => stranger.once('close', resolve));
            stranger.on('data', () => assert.fail('a stranger got bytes'));
            stranger.end(randomLine());
            await closed;
          });
          await Promise.all(batch);
        }
        const { refused } = exchange.counters();
        await until(() => exchange.counters().refused.hello === GARBAGE);
        assert.equal(refused.ticket, 0);
        assert.equal((await read(await present(ticket), 6)).toString(), 'secret');
      });
    });

    test('can flood the port while 200 clients arrive: none is stolen, all are served', async (t) => {
      const { exchange, arrive, present } = await openTicketExchange(t, createPlane());
      const flood = runTypeScript(t, 'test/support/strangers.ts', String(exchange.backConnectPort));
      await flood.line(/flooding/);
      await until(() => exchange.counters().refused['pushed-out'] > 0);
      const visit = async () => {
        const { client, ticket } = await arrive();
        const sent = Buffer.alloc(5000, ticket);
        const echoed = outcome(client);
        client.end(sent);
        // One that this machine holds up before its line is pushed out as the strangers are, and comes again.
        for (let fetched = 0; fetched === 0; ) {
          const server = await present(ticket);
          server.pipe(server);
          fetched = (await outcome(server)).data.length;
        }
        assert.deepEqual(await echoed, { data: sent, ending: 'eof' });
      };
      for (let visits = 0; visits < 200; visits += 20) {
        await Promise.all(Array.from({ length: 20 }, visit));
      }
      assert.equal(exchange.counters().ended.unfetched, 0);
      await flood.line(/1000 strangers came/);
      flood.signal('SIGTERM');
      const [, stolen] = await flood.line(/they got (\d+) bytes/);
      assert.equal(Number(stolen), 0);
    });
  });
}

function randomLine(): Buffer {
  const line = randomBytes(Math.floor(Math.random() * (LONGEST + 100)));
  return Math.random() < 0.5 ? line : Buffer.concat([Buffer.from('[TICKET] {'), line]);
}
