import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { openExchange } from '../support/exchange.ts';
import { outcome, read } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Around the sizes where something changes: nothing, a segment of 1,460 bytes, a read, many reads. */
const SIZES = [0, 1, 1459, 1461, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB, 32 * MIB];

export function halfClose(createPlane: PlaneUnderTest): void {
  describe('half-close', () => {
    for (const size of SIZES) {
      for (const first of ['client', 'server'] as const) {
        test(`${size} bytes arrive whole when the ${first} ends first`, async (t) => {
          const { pair, ended } = await openExchange(t, createPlane());
          const sides = await pair();
          const [one, other] =
            first === 'client' ? [sides.client, sides.server] : [sides.server, sides.client];
          const question = randomBytes(size);
          const answer = randomBytes(size);

          const received = outcome(other);
          one.end(question);
          assert.deepEqual(await received, { data: question, ending: 'eof' });
          const answered = outcome(one);
          other.end(answer);
          assert.deepEqual(await answered, { data: answer, ending: 'eof' });

          const [record] = await ended(1);
          assert.equal(record?.ending, 'eof');
          assert.equal(record?.bytesToServer, size);
          assert.equal(record?.bytesToClient, size);
        });
      }
    }

    test('32 MiB echoed through a client that half-closes arrive whole', async (t) => {
      const { pair } = await openExchange(t, createPlane());
      const { client, server } = await pair();
      server.pipe(server);
      const sent = randomBytes(32 * MIB);
      const echoed = outcome(client);
      client.end(sent);
      assert.deepEqual(await echoed, { data: sent, ending: 'eof' });
    });

    test('a client that half-closed before it was paired gets its answer', async (t) => {
      const { client, backConnect } = await openExchange(t, createPlane());
      const waiting = await client();
      waiting.end('question');
      await once(waiting, 'finish');
      const server = await backConnect();
      assert.deepEqual(await outcome(server), { data: Buffer.from('question'), ending: 'eof' });
      const answered = outcome(waiting);
      server.end('answer');
      assert.deepEqual(await answered, { data: Buffer.from('answer'), ending: 'eof' });
    });

    test('one that stays silent is reset on both sides after its timeout', async (t) => {
      const { pair, ended } = await openExchange(t, createPlane(), { halfCloseTimeout: 50 });
      const { client, server } = await pair();
      const seen = Promise.all([outcome(server), outcome(client)]);
      client.end();
      assert.deepEqual(
        (await seen).map(({ ending }) => ending),
        ['eof', 'ECONNRESET'],
      );
      // Node looks at a socket that has read its end only when it writes, and the other side may be reset first.
      const failed = once(server, 'error');
      const writing = setInterval(() => server.write('late'), 5);
      const [error] = await failed;
      clearInterval(writing);
      assert.match(error.code, /ECONNRESET|EPIPE/);
      assert.equal((await ended(1))[0]?.ending, 'half-close-timeout');
    });

    test('one with an endless reader is not reset while bytes move', async (t) => {
      const { pair } = await openExchange(t, createPlane(), { halfCloseTimeout: 4000 });
      const { client, server } = await pair();
      client.end();
      assert.equal((await outcome(server)).ending, 'eof');
      for (let n = 0; n < 12; n += 1) {
        server.write('x');
        await read(client, 1);
        await new Promise((resolve) => setTimeout(resolve, 350));
      }
      const rest = outcome(client);
      server.end();
      assert.equal((await rest).ending, 'eof');
    });

    test('an open connection that is idle is not cut by it', async (t) => {
      const { pair } = await openExchange(t, createPlane(), { halfCloseTimeout: 50 });
      const { client, server } = await pair();
      await new Promise((resolve) => setTimeout(resolve, 150));
      client.write('still here');
      assert.equal((await read(server, 10)).toString(), 'still here');
    });
  });
}
