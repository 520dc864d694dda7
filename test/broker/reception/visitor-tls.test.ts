import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { createAuthority } from '../../support/certificates.ts';
import { outcome } from '../../support/tcp.ts';
import { errorIn } from '../control-harness.ts';
import { openVisitor } from './visitor-harness.ts';

const authority = createAuthority();
const identity = authority.server();
const demanded = { tls: () => identity, tlsRequired: true };

const HELLO = '[HELLO] {"version":1,"nonce":"0123456789abcdef"}\n';

async function secured(peer: Socket, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ socket: peer, ca: authority.cert, host: '127.0.0.1', ...options });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

test('an agent that comes over TLS registers inside', async (t) => {
  const { peer, reported } = await openVisitor(t, demanded);
  const agent = await secured(peer);
  agent.write(`${HELLO}[REGISTER] {}\n`);
  assert.deepEqual(await reported(1), ['register {"limits":{}}']);
});

test('an agent without TLS is told that it takes some', async (t) => {
  const { peer } = await openVisitor(t, demanded);
  peer.write(HELLO);
  assert.equal(errorIn((await outcome(peer)).data).code, 'tls-required');
});

test('what is no TLS handshake although it begins like one ends at once', async (t) => {
  const { peer, reported } = await openVisitor(t, demanded);
  peer.write(Uint8Array.of(0x16, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a));
  const reports = await reported(2);
  assert.ok(reports.some((report) => /^refused tls/.test(report)));
});

test('an agent without the certificate that it needs gets nowhere', async (t) => {
  const agents = { ...identity, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const without = await openVisitor(t, { ...demanded, tls: () => agents });
  const stranger = connect({ socket: without.peer, ca: authority.cert, host: '127.0.0.1' });
  stranger.on('error', () => {});
  const reports = await without.reported(2);
  assert.ok(reports.some((report) => /^refused tls/.test(report)));

  const certified = await openVisitor(t, { ...demanded, tls: () => agents });
  const agent = await secured(certified.peer, authority.client('agent'));
  agent.write(`${HELLO}[REGISTER] {}\n`);
  assert.deepEqual(await certified.reported(1), ['register {"limits":{}}']);
});

test('silence inside TLS makes no registration', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { peer, reports } = await openVisitor(t, demanded);
  // Here the broker has the last word of a handshake, hence is through with it when its peer is.
  const agent = await secured(peer, { maxVersion: 'TLSv1.2' });
  t.mock.timers.tick(4999);
  assert.deepEqual(reports, []);
  t.mock.timers.tick(1);
  await turn();
  assert.deepEqual(reports, ['refused hello-timeout']);
  assert.equal(errorIn((await outcome(agent)).data).code, 'hello-timeout');
});

test('who is pushed out in the middle of a TLS handshake is closed, and reported once', async (t) => {
  const { visitor, send, closed } = await openVisitor(t, demanded);
  await send(Uint8Array.of(0x16, 0x03));
  visitor.pushOut();
  assert.deepEqual(await closed(), ['refused pushed-out', 'closed']);
});

test('the descriptor of a TLS connection is known to be gone', async (t) => {
  const { peer, closed } = await openVisitor(t, demanded);
  const agent = await secured(peer);
  agent.end();
  assert.deepEqual(await closed(), ['closed']);
});
