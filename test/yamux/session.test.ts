import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import type { YamuxSession } from '#src/yamux/session.ts';
import {
  ACK,
  DATA,
  FIN,
  GO_AWAY,
  MuxPeer,
  PING,
  RST,
  SYN,
  WINDOW_UPDATE,
} from '../support/mux-peer.ts';
import { endingOf, outcome } from '../support/tcp.ts';
import { until } from '../support/until.ts';
import { connection, open, sessionOn, sessionPair, streamPair } from '../support/yamux.ts';

/** Streams that a peer takes before it has accepted any. */
const BACKLOG = 256;

test('1,000 streams at once each get their own bytes back', async (t) => {
  const { client, server } = await sessionPair(t);
  const echoes = Array.from({ length: 1000 }, async (_, n) => {
    const stream = open(client);
    const sent = Buffer.alloc(3000, `stream ${n} `);
    const echoed = outcome(stream);
    stream.end(sent);
    assert.deepEqual(await echoed, { data: sent, ending: 'eof' });
  });
  for (let n = 1; n <= 1000; n += 1) {
    const stream = await server.stream(n);
    stream.pipe(stream);
  }
  await Promise.all(echoes);
  await until(() => client.session.size + server.session.size === 0);
});

test('no more streams are under way than a peer takes, and the others follow', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { session } = sessionOn(accepted);
  const peer = new MuxPeer(dialled);
  for (let n = 0; n < BACKLOG + 2; n += 1) session.open()?.end('x');
  const isBegin = ({ flags }: { flags: number }) => (flags & SYN) !== 0;
  const { id } = await peer.frame(isBegin, BACKLOG);
  peer.say(PING, SYN, 0, 5);
  await peer.frame(({ type }) => type === PING);
  assert.equal(peer.frames.filter(isBegin).length, BACKLOG);
  peer.say(WINDOW_UPDATE, ACK, id);
  assert.equal((await peer.frame(isBegin, BACKLOG + 1)).id, id + 2);
  peer.say(WINDOW_UPDATE, RST, id);
  peer.say(WINDOW_UPDATE, RST, 2);
  assert.equal((await peer.frame(isBegin, BACKLOG + 2)).id, id + 4);
  await peer.frame((frame) => frame.id === id + 4 && (frame.flags & FIN) !== 0);
  assert.equal(String(peer.payload(id + 4)), 'x');
});

test('a stream that nobody accepts in time is given up, begun or not', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { session } = sessionOn(accepted, { openDeadline: 30 });
  const peer = new MuxPeer(dialled);
  const endings = Array.from({ length: BACKLOG + 1 }, () => {
    const stream = session.open();
    assert.ok(stream);
    return endingOf(stream.resume());
  });
  assert.deepEqual([...new Set(await Promise.all(endings))], ['ETIMEDOUT']);
  await peer.frame(({ flags }) => flags === RST, BACKLOG);
  assert.equal(session.size, 0);
});

test('streams take turns, so a little is not behind a lot', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { session } = sessionOn(accepted);
  const [big, small] = [session.open(), session.open()];
  big?.write(Buffer.alloc(200 * 1024));
  small?.write('little');
  const peer = new MuxPeer(dialled);
  const little = await peer.frame(({ type, id }) => type === DATA && id === 4);
  const before = peer.frames.slice(0, peer.frames.indexOf(little));
  const count = before.reduce((sum, { payload }) => sum + payload.length, 0);
  assert.ok(count < 100 * 1024, `${count} bytes were before it`);
});

test('who reads nothing of the connection has little held for him', async (t) => {
  const { accepted } = await connection(t);
  const { session, transport } = sessionOn(accepted);
  const streams = Array.from({ length: 100 }, () => session.open());
  for (const stream of streams) stream?.write(Buffer.alloc(200 * 1024));
  await until(() => transport.writableLength > 0);
  for (let n = 0; n < 100; n += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(transport.writableLength < 128 * 1024, `${transport.writableLength} bytes`);
});

test('a peer that does not answer a ping is dead, and its streams are reset', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { session, over } = sessionOn(accepted, { keepAlive: { interval: 20, deadline: 1000 } });
  const peer = new MuxPeer(dialled);
  await peer.frame(({ type, flags }) => type === PING && flags === SYN, 4);
  peer.answersPings = false;
  const stream = session.open();
  assert.ok(stream);
  const told = endingOf(stream.resume());
  assert.equal((await over).ending, 'silent');
  assert.equal(await told, 'ECONNRESET');
  assert.equal(session.open(), undefined);
  assert.equal(await peer.ended, 'eof');
});

test('an answer to another ping is none', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { over } = sessionOn(accepted, { keepAlive: { interval: 20, deadline: 40 } });
  const peer = new MuxPeer(dialled);
  peer.answersPings = false;
  const { length } = await peer.frame(({ type }) => type === PING);
  peer.say(PING, ACK, 0, length + 1);
  assert.equal((await over).ending, 'silent');
});

test('a connection that ends or breaks takes its streams with it', async (t) => {
  for (const [how, ending] of [
    ['end', 'closed'],
    ['resetAndDestroy', 'lost'],
  ] as const) {
    const { client, server, near, far } = await streamPair(t);
    const told = Promise.all([endingOf(near.resume()), endingOf(far.resume())]);
    client.transport[how]();
    assert.equal((await server.over).ending, ending);
    await client.over;
    assert.deepEqual(await told, ['ECONNRESET', 'ECONNRESET']);
    assert.ok(server.transport.destroyed);
  }
});

test('who leaves takes no new streams, and closes behind the last one', async (t) => {
  const { client, server, near, far } = await streamPair(t);
  server.session.leave();
  await client.declined;
  assert.equal(client.session.open(), undefined);
  assert.equal(server.session.open(), undefined);
  far.pipe(far);
  const echoed = outcome(near);
  near.end('still here');
  assert.equal(String((await echoed).data), 'still here');
  assert.equal((await client.over).ending, 'closed');
});

test('what the peer opens while one leaves is reset', async (t) => {
  const { client, server, near } = await streamPair(t);
  near.resume();
  const late = open(client);
  const told = endingOf(late.resume());
  server.session.leave();
  assert.equal(await told, 'ECONNRESET');
});

test('who leaves without a stream closes at once', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { session, transport } = sessionOn(accepted);
  const peer = new MuxPeer(dialled);
  session.leave();
  const { length } = await peer.frame(({ type }) => type === GO_AWAY);
  assert.equal(length, 0);
  assert.equal(await peer.ended, 'eof');
  await once(transport, 'close');
});

test('a peer that stays is closed upon, later where it may have bytes to read', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const [act, patience] of [
    [(session: YamuxSession) => session.leave(), 10_000],
    [(_: YamuxSession, peer: Socket) => peer.write(Buffer.alloc(12, 1)), 1000],
  ] as const) {
    const { accepted, dialled } = await connection(t);
    const { session, transport } = sessionOn(accepted);
    const ended = once(dialled.resume(), 'end');
    act(session, dialled);
    await ended;
    t.mock.timers.tick(patience - 1);
    assert.equal(transport.destroyed, false);
    t.mock.timers.tick(1);
    assert.equal(transport.destroyed, true);
  }
});

test('a stream has finished when the system has all of it', async () => {
  let letGo = () => {};
  const transport = new Duplex({
    read() {},
    write: (_, __, done) => {
      letGo = done;
    },
  });
  const { session } = sessionOn(transport as Socket);
  const stream = session.open();
  stream?.end('x');
  let steps = 0;
  for (; stream?.writableFinished === false && steps < 10; steps += 1) {
    letGo();
    await new Promise((resolve) => setImmediate(resolve));
  }
  // A turn to begin with, then SYN, the header of the data, the data, FIN.
  assert.equal(steps, 5);
  session.destroy();
});

test('all at once is over when it is destroyed, and nobody is told what he did', async (t) => {
  const { client, server, near } = await streamPair(t);
  const told = endingOf(near.resume());
  let isTold = false;
  void client.over.then(() => {
    isTold = true;
  });
  client.session.destroy();
  assert.equal(await told, 'ECONNRESET');
  await server.over;
  assert.equal(isTold, false);
});
