import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAs, join, openPair, SIDES } from '../../support/pairs.ts';
import { outcome, read } from '../../support/tcp.ts';

// Most of it is waiting for silence.
describe('a pair', { concurrency: true }, () => {
  for (const sides of SIDES) {
    describe(`of a ${sides.client} client and a ${sides.server} server`, () => {
      test('that is silent both ways is reset after its time', async (t) => {
        const { client, server, ended } = await openPair(t, sides, { idle: 50 });
        const seen = Promise.all([outcome(client), outcome(server)]);
        assert.equal((await ended).ending, 'idle');
        assert.ok((await seen).every(({ ending }) => ending !== 'eof'));
      });

      const from = sides.server === 'plain' ? 'client' : 'server';
      test(`is not silent while the ${from} sends something now and then`, async (t) => {
        const { client, server, ended } = await openPair(t, sides, { idle: 4000 });
        const [sender, receiver] = from === 'client' ? [client, server] : [server, client];
        for (let n = 0; n < 11; n += 1) {
          await delay(400);
          sender.write('x');
          await read(receiver, 1);
        }
        const seen = outcome(receiver);
        sender.end();
        assert.equal((await seen).ending, 'eof');
        receiver.end();
        sender.resume();
        assert.equal((await ended).ending, 'eof');
      });

      test('is reset by its owner for a reason, and the first one counts', async (t) => {
        const { client, server, pair, ended } = await openPair(t, sides);
        const seen = Promise.all([outcome(client), outcome(server)]);
        pair.cut('target-failed');
        pair.cut();
        assert.equal((await ended).ending, 'target-failed');
        assert.ok((await seen).every(({ ending }) => ending !== 'eof'));
      });

      test('counts the bytes that it moves, as it moves them', async (t) => {
        const { client, server, pair } = await openPair(t, sides);
        client.write('question');
        await read(server, 8);
        server.write('answers');
        await read(client, 7);
        assert.deepEqual([pair.bytesToServer, pair.bytesToClient], [8, 7]);
      });
    });
  }
});

test('what was read before and put back is moved and counted, what was kept is not', async (t) => {
  const [one, other] = [await connectAs(t, 'plain'), await connectAs(t, 'TLSv1.3')];
  other.peer.write('line\nearly');
  assert.equal(String(await read(other.own, 5)), 'line\n');
  const { pair } = join(one.own, other.own);
  assert.equal(String(await read(one.peer, 5)), 'early');
  assert.equal(pair.bytesToClient, 5);
});

test('of two bounds on a half-closed pair, the shorter one resets it', async (t) => {
  for (const [idle, halfCloseTimeout, ending] of [
    [300, 30_000, 'idle'],
    [30_000, 300, 'half-close-timeout'],
  ] as const) {
    const { client, server, ended } = await openPair(
      t,
      { client: 'plain', server: 'TLSv1.3' },
      { idle, halfCloseTimeout },
    );
    client.end();
    assert.equal((await outcome(server)).ending, 'eof');
    assert.equal((await ended).ending, ending);
  }
});
