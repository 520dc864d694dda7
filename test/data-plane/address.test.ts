import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { plainAddress } from '#src/data-plane/address.ts';
import fc from '../support/properties.ts';
import { connectTo, serve } from '../support/tcp.ts';

test('an IPv4 address has one form, however the listener saw it', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.equal(plainAddress(`::ffff:${address}`), address);
      assert.equal(plainAddress(address), address);
    }),
  );
});

test('an address that is IPv6 keeps its form', () => {
  for (const address of ['::1', 'fe80::1%eth0', '2001:db8::ffff:1', '::ffff:0:1', '::', '']) {
    assert.equal(plainAddress(address), address);
  }
});

test('what a dual-stack listener calls an IPv4 peer compares with what the peer calls itself', async (t) => {
  const peers: (string | undefined)[] = [];
  const server = await serve(t, (socket) => peers.push(socket.remoteAddress), { host: '::' });
  const arrived = once(server, 'connection');
  const socket = await connectTo(t, server.port);
  await arrived;
  assert.equal(peers[0], '::ffff:127.0.0.1');
  assert.equal(plainAddress(peers[0]), plainAddress(socket.localAddress ?? ''));
});
