import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { acceptOne, connectAs } from '../../support/pairs.ts';
import { outcome } from '../../support/tcp.ts';
import { connectTapped } from '../../support/tls.ts';

const MIB = 1024 * 1024;

test('a peer that lets much pile up, and reads nothing, is reset within a second', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { port, accepted } = await acceptOne(t, 'TLSv1.3');
  const { tcp } = await connectTapped(t, port);
  const own = await accepted;
  tcp.pause();
  own.write(Buffer.alloc(32 * MIB));
  // Nothing tells when it has been encrypted.
  while (!own.closed) {
    await new Promise(setImmediate);
    t.mock.timers.tick(1000);
  }
});

test('one that takes what it is sent is left alone', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { peer, own } = await connectAs(t, 'TLSv1.3');
  const received = outcome(peer);
  own.write(Buffer.alloc(32 * MIB));
  await once(own, 'drain');
  t.mock.timers.tick(1000);
  own.end();
  const { data, ending } = await received;
  assert.deepEqual([data.length, ending], [32 * MIB, 'eof']);
  await close(own);
});

test('who has gone is not looked at any more', async (t) => {
  const begin = t.mock.method(globalThis, 'setInterval');
  for (let n = 1; n <= 3; n += 1) {
    const [one, other] = [await connectAs(t, 'TLSv1.3'), await connectAs(t, 'TLSv1.2')];
    assert.equal(begin.mock.callCount(), n);
    await close(one.own);
    await close(other.own);
  }
});

async function close(socket: Socket): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  await closed;
}
