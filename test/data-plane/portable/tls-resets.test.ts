import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { reset } from '#src/data-plane/portable/reset.ts';
import { acceptOne, connectAs, openPair, type Side } from '../../support/pairs.ts';
import { outcome, read } from '../../support/tcp.ts';
import { connectTapped, VERSIONS } from '../../support/tls.ts';

const MIB = 1024 * 1024;

/** Resolves when a socket has closed, with whether an end came first. */
function closing(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.closed) resolve(socket.readableEnded);
    else socket.once('close', () => resolve(socket.readableEnded));
  });
}

/** What a TLS socket may be at when it is reset. */
const STATES: Record<string, (socket: Socket) => void> = {
  'that does nothing': () => {},
  'with a message on its way': (socket) => socket.write('x'),
  'with much on its way': (socket) => socket.write(Buffer.alloc(32 * MIB)),
  'with much and an end on their way': (socket) => socket.end(Buffer.alloc(32 * MIB)),
};

for (const version of VERSIONS) {
  describe(`a reset of a ${version} socket`, () => {
    for (const [state, begin] of Object.entries(STATES)) {
      test(`${state} is no end for its peer, and leaves nothing open`, async (t) => {
        const before = readdirSync('/proc/self/fd').length;
        for (let n = 0; n < 10; n += 1) {
          const { peer, own } = await connectAs(t, version);
          const seen = Promise.all([closing(peer), closing(own)]);
          peer.resume();
          begin(own);
          reset(own);
          reset(own);
          assert.deepEqual(await seen, [false, false]);
        }
        assert.ok(readdirSync('/proc/self/fd').length <= before + 1);
      });
    }

    test('behind an end leaves nothing open, at whatever moment it comes', async (t) => {
      const before = readdirSync('/proc/self/fd').length;
      const moments: ((act: () => void) => void)[] = [
        (act) => act(),
        (act) => process.nextTick(act),
        (act) => setImmediate(act),
      ];
      for (const at of [...moments, ...moments, ...moments]) {
        const { peer, own } = await connectAs(t, version);
        const closed = closing(own);
        own.end();
        at(() => reset(own));
        await closed;
        peer.destroy();
        await closing(peer);
      }
      assert.ok(readdirSync('/proc/self/fd').length <= before + 1);
    });

    test('is one of TCP', async (t) => {
      const { port, accepted } = await acceptOne(t, version);
      const { tcp } = await connectTapped(t, port);
      const own = await accepted;
      const seen = new Promise((resolve) => tcp.once('error', resolve));
      reset(own);
      assert.match(String(await seen), /ECONNRESET/);
    });

    test('does not wait for a close_notify that the peer does not take', async (t) => {
      const { own } = await connectAs(t, version);
      own._final = () => {};
      own.end();
      const closed = closing(own);
      reset(own);
      await closed;
    });

    const combinations: { client: Side; server: Side }[] = [
      { client: version, server: 'plain' },
      { client: 'plain', server: version },
      { client: version, server: version },
    ];
    for (const sides of combinations) {
      for (const [from, to] of [
        ['client', 'server'],
        ['server', 'client'],
      ] as const) {
        test(`from a ${sides[from]} ${from} reaches a ${sides[to]} ${to}, every time`, async (t) => {
          for (let n = 0; n < 20; n += 1) {
            const { ended, ...ends } = await openPair(t, sides);
            ends[from].write('half of an answ');
            await read(ends[to], 4);
            const seen = outcome(ends[to]);
            reset(ends[from]);
            assert.notEqual((await seen).ending, 'eof');
            assert.equal((await ended).ending, `${from}-reset`);
          }
        });

        test(`of the pair reaches a ${sides[to]} ${to} in a transfer from a ${sides[from]} ${from}`, async (t) => {
          const { pair, ended, ...ends } = await openPair(t, sides);
          ends[from].write(Buffer.alloc(4 * MIB));
          await read(ends[to], MIB);
          const seen = outcome(ends[to]);
          pair.cut();
          assert.notEqual((await seen).ending, 'eof');
          assert.equal((await ended).ending, 'cut');
        });
      }
    }
  });
}
