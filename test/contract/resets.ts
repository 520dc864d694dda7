import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { openExchange } from '../support/exchange.ts';
import { outcome, read } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

export function resets(createPlane: PlaneUnderTest): void {
  // Most of it is waiting to be told of clients.
  describe('resets', { concurrency: true }, () => {
    for (const [from, to] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const) {
      test(`a reset of the ${from} reaches the ${to} as a reset, every time`, async (t) => {
        const { pair, ended } = await openExchange(t, createPlane());
        for (let n = 0; n < 100; n += 1) {
          const sides = await pair();
          sides[from].write('some');
          await read(sides[to], 4);
          const seen = outcome(sides[to]);
          sides[from].resetAndDestroy();
          assert.equal((await seen).ending, 'ECONNRESET');
        }
        const records = await ended(100);
        assert.ok(records.every(({ ending }) => ending === `${from}-reset`));
      });

      test(`a reset of the ${from} in the middle of a transfer is no clean end`, async (t) => {
        const { pair } = await openExchange(t, createPlane());
        const sides = await pair();
        sides[from].write(randomBytes(4 * 1024 * 1024));
        await read(sides[to], 1024 * 1024);
        const seen = outcome(sides[to]);
        sides[from].resetAndDestroy();
        assert.equal((await seen).ending, 'ECONNRESET');
      });
    }

    for (const halfClosed of [false, true]) {
      const when = halfClosed ? 'after the client has ended' : 'of an open connection';
      test(`a reset right behind data ${when} is never taken for an end`, async (t) => {
        const { pair } = await openExchange(t, createPlane());
        for (let n = 0; n < 100; n += 1) {
          const { client, server } = await pair();
          const seen = outcome(client);
          if (halfClosed) {
            client.end();
            assert.equal((await outcome(server)).ending, 'eof');
          }
          server.write('half of an answ');
          // Written to the kernel by now, so that data and reset arrive together.
          server.resetAndDestroy();
          assert.equal((await seen).ending, 'ECONNRESET');
        }
      });
    }

    test('a reset after the other side has ended is still passed on', async (t) => {
      const { pair, ended } = await openExchange(t, createPlane());
      const { client, server } = await pair();
      client.end();
      assert.equal((await outcome(server)).ending, 'eof');
      const seen = outcome(client);
      server.resetAndDestroy();
      assert.equal((await seen).ending, 'ECONNRESET');
      assert.equal((await ended(1))[0]?.ending, 'server-reset');
    });

    test('a client that closes for good resets a server that goes on sending', async (t) => {
      const { pair } = await openExchange(t, createPlane());
      const { client, server } = await pair();
      client.destroy();
      assert.equal((await outcome(server)).ending, 'eof');
      const failed = once(server, 'error');
      const flood = setInterval(() => server.write('x'.repeat(1000)), 1);
      t.after(() => clearInterval(flood));
      const [error] = await failed;
      assert.match(error.code, /ECONNRESET|EPIPE/);
    });
  });
}
