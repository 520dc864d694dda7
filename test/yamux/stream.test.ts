import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endingOf, outcome, read } from '../support/tcp.ts';
import { until } from '../support/until.ts';
import { open, sessionPair, streamPair } from '../support/yamux.ts';

const MIB = 1024 * 1024;

/** What a peer may send before anything is read. */
const WINDOW = 256 * 1024;

test('one direction ends, and the other goes on', async (t) => {
  const { client, server, near, far } = await streamPair(t);
  const asked = outcome(far);
  near.end('question');
  assert.deepEqual(await asked, { data: Buffer.from('question'), ending: 'eof' });
  assert.equal(client.session.size, 1);
  const answered = outcome(near);
  far.write('a long ');
  far.end('answer');
  assert.deepEqual(await answered, { data: Buffer.from('a long answer'), ending: 'eof' });
  await until(() => client.session.size + server.session.size === 0);
});

test('both directions end at the same time', async (t) => {
  const { client, server, near, far } = await streamPair(t);
  const seen = Promise.all([outcome(near), outcome(far)]);
  near.end('one');
  far.end('other');
  const [ofFar, ofNear] = await seen;
  assert.deepEqual([String(ofFar.data), String(ofNear.data)], ['other', 'one']);
  await until(() => client.session.size + server.session.size === 0);
  assert.ok(near.destroyed && far.destroyed);
});

test('32 MiB come back whole', async (t) => {
  const { near, far } = await streamPair(t);
  far.pipe(far);
  const sent = randomBytes(32 * MIB);
  const echoed = outcome(near);
  near.end(sent);
  const { data, ending } = await echoed;
  assert.equal(ending, 'eof');
  assert.ok(data.equals(sent));
});

test('what is sent before anybody accepts is not lost, its end neither', async (t) => {
  const { client, server } = await sessionPair(t);
  const near = open(client);
  near.end('early');
  const far = await server.stream();
  const asked = outcome(far);
  assert.deepEqual(await asked, { data: Buffer.from('early'), ending: 'eof' });
  const answered = outcome(near);
  far.end('late');
  assert.equal(String((await answered).data), 'late');
});

test('a stream that is not accepted may be read beyond its window once it is', async (t) => {
  const { client, server } = await sessionPair(t);
  const near = open(client);
  near.write(Buffer.alloc(WINDOW));
  const far = await server.stream();
  await read(far, WINDOW);
  near.end('more');
  far.accept();
  assert.equal(String((await outcome(far)).data), 'more');
});

test('a reset is no end, whoever resets', async (t) => {
  const { client, server, near, far } = await streamPair(t);
  const seen = endingOf(far.resume());
  near.write('half of');
  near.resetAndDestroy();
  assert.equal(await seen, 'ECONNRESET');
  const other = open(client);
  const accepted = await server.stream(2);
  accepted.accept();
  const told = endingOf(other.resume());
  accepted.destroy();
  assert.equal(await told, 'ECONNRESET');
  await until(() => client.session.size + server.session.size === 0);
});

test('a stream that ends as its connection breaks is reset, though its peer had ended', async (t) => {
  const { client, near, far } = await streamPair(t);
  far.end('bye');
  await once(near.resume(), 'end');
  const told = once(near, 'error');
  client.transport.destroy();
  near.end();
  const [error] = await told;
  assert.equal(error.code, 'ECONNRESET');
  assert.ok(near.destroyed && !near.writableFinished);
});

test('a stream that is refused is reset', async (t) => {
  const { client, server } = await sessionPair(t);
  const near = open(client);
  const told = endingOf(near.resume());
  (await server.stream()).destroy();
  assert.equal(await told, 'ECONNRESET');
});

test('a writer is told when its write is lost', async (t) => {
  const { near, far } = await streamPair(t);
  const lost = new Promise<Error | null | undefined>((resolve) => {
    near.write(Buffer.alloc(MIB), resolve);
  });
  far.destroy();
  assert.equal(((await lost) as NodeJS.ErrnoException).code, 'ECONNRESET');
});

test('who does not read stops the writer, and goes on where it stopped', async (t) => {
  const { client, server, near, far } = await streamPair(t);
  const sent = randomBytes(2 * MIB);
  near.end(sent);
  await until(() => near.bytesWritten === WINDOW);
  // Others are not held up, though nobody reads this one.
  const other = open(client);
  const beside = await server.stream(2);
  beside.pipe(beside);
  const echoed = outcome(other);
  other.end(Buffer.alloc(MIB, 'x'));
  assert.equal((await echoed).data.length, MIB);
  assert.equal(near.bytesWritten, WINDOW);
  assert.equal(near.writableFinished, false);
  const { data, ending } = await outcome(far);
  assert.equal(ending, 'eof');
  assert.ok(data.equals(sent));
});

test('what is read in small parts, or put back, opens the window all the same', async (t) => {
  const { near, far } = await streamPair(t);
  near.end(Buffer.alloc(4 * WINDOW, 'abc'));
  far.unshift('before');
  assert.equal(String(await read(far, 7)), 'beforea');
  let count = 1;
  for (; count < 4 * WINDOW; count += 1000) await read(far, Math.min(1000, 4 * WINDOW - count));
  const { data, ending } = await outcome(far);
  assert.deepEqual([data.length, ending], [0, 'eof']);
});

test('what has come whole is read whole, though the session is over', async (t) => {
  const { client, near, far } = await streamPair(t);
  near.end('all of it');
  far.end();
  await until(() => client.session.size === 0);
  client.session.destroy();
  near.resume();
  assert.deepEqual(await outcome(far), { data: Buffer.from('all of it'), ending: 'eof' });
});

test('silence for its timeout is told, and only then', async (t) => {
  const { near, far } = await streamPair(t);
  assert.equal(near.timeout, undefined);
  let isSilent = false;
  near.setTimeout(60, () => {
    isSilent = true;
  });
  assert.equal(near.timeout, 60);
  far.resume();
  // Timers go off in their order, however late.
  setTimeout(() => near.write('x'), 30);
  await delay(75);
  assert.equal(isSilent, false);
  await once(near, 'timeout');
  near.setTimeout(0);
  assert.equal(near.timeout, 0);
  assert.equal(near.destroyed, false);
});

test('it has the addresses of what carries it', async (t) => {
  const { client, near, far } = await streamPair(t);
  assert.equal(near.remoteAddress, '127.0.0.1');
  assert.equal(near.remotePort, client.transport.remotePort);
  assert.equal(far.remotePort, client.transport.localPort);
});
