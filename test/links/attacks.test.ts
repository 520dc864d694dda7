import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { listen } from '#src/data-plane/portable/sockets.ts';
import { secure } from '#src/data-plane/portable/tls.ts';
import type { LinkAddress, Member } from '#src/directory/member.ts';
import { dialMember } from '#src/links/dial-member.ts';
import { dialling, receiving } from '#src/links/key.ts';
import type { LinkHost } from '#src/links/links.ts';
import { MAX_LINE } from '#src/protocol/lines.ts';
import type { YamuxStream } from '#src/yamux/stream.ts';
import { at, clientOf, FREE, TestFleet } from '../support/fleet-links.ts';
import { connectTo, outcome } from '../support/tcp.ts';
import { until } from '../support/until.ts';
import { open, type Station, sessionOn } from '../support/yamux.ts';

const NEVER: LinkHost = {
  serve: () => assert.fail('served somebody'),
  promise: () => assert.fail('promised somebody'),
};

/** A member that is to let nobody in, and what it takes to be another. */
async function target(t: TestContext, host = NEVER) {
  const fleet = new TestFleet(t);
  const near = await fleet.join('near:1');
  const far = await fleet.join('far:1', host);
  return { near, far, address: far.member.link };
}

/** How a handshake with this TLS client ends. */
async function shake({ port }: LinkAddress, options: ConnectionOptions): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  return new Promise((resolve) => {
    socket.on('error', ({ message }) => resolve(message));
    socket.on('close', () => resolve('closed'));
    socket.on('secureConnect', () => resolve(`secured with ${socket.getCipher().name}`));
  }).then((how) => {
    socket.destroy();
    return String(how);
  });
}

/** Somebody who has the key, and what he does with it. */
async function insider(t: TestContext, address: LinkAddress): Promise<Station> {
  const socket = await dialMember(address, 'near:1').connected;
  t.after(() => socket.destroy());
  return sessionOn(socket, { role: 'client' });
}

test('what is no TLS is dropped without a word', async (t) => {
  const { far, address } = await target(t);
  for (const noise of ['GET / HTTP/1.1\r\n\r\n', '\0'.repeat(100), '\x16\x03\x01\xff\xff', 'x']) {
    const stranger = await connectTo(t, address.port);
    const got = outcome(stranger);
    stranger.end(noise, 'latin1');
    const { data } = await got;
    // A TLS alert at most.
    assert.ok(data.length <= 7, `${data.length} octets for ${JSON.stringify(noise)}`);
  }
  await until(() => far.budget.free === FREE);
});

test('TLS takes the key, in the one way that there is', async (t) => {
  const { far, address } = await target(t);
  const good = dialling(address.key, 'near:1');
  assert.equal(await shake(address, good), 'secured with ECDHE-PSK-CHACHA20-POLY1305');
  const others: ConnectionOptions[] = [
    {},
    { maxVersion: 'TLSv1.2' },
    { ...good, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
    { ...good, ciphers: 'PSK-CHACHA20-POLY1305' },
    { ...good, ciphers: 'ECDHE-PSK-AES128-CBC-SHA256' },
    { ...good, ciphers: 'DHE-PSK-CHACHA20-POLY1305' },
  ];
  for (const options of others) assert.match(await shake(address, options), /alert|no cipher/);
  await until(() => far.budget.free === FREE);
});

test('whoever was let in once has to have the key the next time, too', async (t) => {
  const { address } = await target(t);
  const good = dialling(address.key, 'near:1');
  const first = connectTls({ host: '127.0.0.1', port: address.port, ...good });
  await once(first, 'secureConnect');
  const session = first.getSession();
  first.destroy();
  assert.ok(session);
  const again = { ...dialling('A'.repeat(43), 'near:1'), session };
  assert.match(await shake(address, again), /bad record mac/);
});

test('a wrong key and an unknown name are not to be told apart', async (t) => {
  const { far, address } = await target(t);
  const answers = await Promise.all([
    shake(address, dialling('A'.repeat(43), 'near:1')),
    shake(address, dialling(address.key, 'stranger:1')),
    shake(address, dialling(address.key, 'far:1')),
    shake(address, dialling(address.key, 'x'.repeat(128))),
  ]);
  for (const answer of answers) assert.match(answer, /bad record mac/);
  await until(() => far.budget.free === FREE);
});

test('who says nothing is dropped, and so is who stops in the middle', async (t) => {
  const { far, address } = await target(t);
  const silent = await connectTo(t, address.port);
  const half = await connectTo(t, address.port);
  half.write(Buffer.from('1603010200', 'hex'));
  const endings = await Promise.all([outcome(silent), outcome(half)]);
  for (const { data } of endings) assert.equal(data.length, 0);
  await until(() => far.budget.free === FREE);
});

test('many who say nothing keep no member out, and take few descriptors', async (t) => {
  const { near, far, address } = await target(t, { ...NEVER, promise: () => true });
  const strangers = await Promise.all(
    Array.from({ length: 200 }, () => connectTo(t, address.port)),
  );
  assert.equal(await near.links.askPromise(far.member, 's', 5000), true);
  assert.ok(FREE - far.budget.free <= 150, `${FREE - far.budget.free} descriptors`);
  for (const stranger of strangers) stranger.destroy();
});

test('what is no session ends', async (t) => {
  const { far, address } = await target(t);
  const socket = await dialMember(address, 'near:1').connected;
  t.after(() => socket.destroy());
  socket.resume().once('end', () => socket.end());
  socket.write(Buffer.alloc(100, 0xff));
  await once(socket, 'close');
  await until(() => far.budget.free === FREE);
});

test('a stream that asks what makes no sense, too much or nothing is reset', async (t) => {
  const { address } = await target(t);
  const station = await insider(t, address);
  const asked = async (line: string) => {
    const stream = open(station);
    const got = outcome(stream);
    stream.write(line);
    const { data, ending } = await got;
    assert.deepEqual([data.length, ending], [0, 'ECONNRESET'], line.slice(0, 40));
  };
  await Promise.all([
    asked('hello\n'),
    asked('[JOINED] {}\n'),
    asked('[PROMISE] {"session":""}\n'),
    asked(`[PROMISE] {"session":"${'x'.repeat(65)}"}\n`),
    asked('[CLIENT] {"name":"","client":{"address":"::1","port":1},"greeting":""}\n'),
    asked('[CLIENT] {"name":"blog","client":{"address":"::1","port":-1},"greeting":""}\n'),
    asked('[CLIENT] {"name":"blog"}\n'),
    asked(`[PROMISE] ${'x'.repeat(MAX_LINE)}`),
    asked('[PROMISE] {"session":"not ended"}'),
    asked(''),
  ]);
});

test('a member that answers what makes no sense, or nothing, is told of', async (t) => {
  const { near, far } = await target(t);
  const impostor = await answering(t, far.member);
  const why = async (line: string) => {
    impostor.line = line;
    return near.links.forward(impostor.member, clientOf('blog')).then(
      () => 'forwarded',
      ({ failure }) => failure,
    );
  };
  assert.equal(await why('[JOINED] {}\n'), 'forwarded');
  assert.equal(await why('[PROMISED] {}\n'), 'misbehaved');
  assert.equal(await why('[REFUSED] {"cause":"because"}\n'), 'misbehaved');
  assert.equal(await why('welcome\n'), 'misbehaved');
  assert.equal(await why('x'.repeat(MAX_LINE + 1)), 'misbehaved');
  assert.equal(impostor.connections, 1);
  assert.equal(await why(''), 'timeout');
  // The next one does not wait on a connection on which nothing comes.
  assert.equal(await why('[JOINED] {}\n'), 'forwarded');
  assert.equal(impostor.connections, 2);
});

/** Somebody with the key of this member, who answers each client with the same line. */
async function answering(t: TestContext, { link: { key }, ...rest }: Member) {
  const tls = receiving(key, () => true);
  const streams: YamuxStream[] = [];
  const impostor = { line: '', connections: 0 };
  const sockets: Socket[] = [];
  const listener = await listen({ host: '127.0.0.1', port: 0 }, async (socket) => {
    const secured = await secure(socket, () => tls);
    impostor.connections += 1;
    sockets.push(secured);
    const station = sessionOn(secured);
    for (let nth = 1; ; nth += 1) {
      const stream = await station.stream(nth);
      streams.push(stream);
      stream.write(impostor.line);
    }
  });
  t.after(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const member = at(
    { ...rest, link: { key, host: '127.0.0.1', port: 0 } },
    { port: listener.port },
  );
  return Object.assign(impostor, { member });
}
