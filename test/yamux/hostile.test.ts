import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import {
  ACK,
  DATA,
  FIN,
  frame,
  GO_AWAY,
  MuxPeer,
  PING,
  RST,
  SYN,
  WINDOW_UPDATE,
} from '../support/mux-peer.ts';
import fc from '../support/properties.ts';
import { endingOf, read } from '../support/tcp.ts';
import { until } from '../support/until.ts';
import { connection, sessionOn } from '../support/yamux.ts';

const WINDOW = 256 * 1024;

const OFFENCES: Record<string, Buffer[]> = {
  'another version': [Buffer.from('010000000000000000000000', 'hex')],
  'an unknown type': [frame(4, 0, 0)],
  'data for the session itself': [frame(DATA, 0, 0, 'x')],
  'a stream with the id of the session': [frame(WINDOW_UPDATE, SYN, 0)],
  'a stream with an id of the other side': [frame(WINDOW_UPDATE, SYN, 4)],
  'a stream that begins twice': [frame(WINDOW_UPDATE, SYN, 3), frame(WINDOW_UPDATE, SYN, 3)],
  'data for a stream that never began': [frame(DATA, 0, 5, 'x')],
  'a window for a stream that never began': [frame(WINDOW_UPDATE, 0, 6, 1)],
  'a frame of more than its window': [frame(WINDOW_UPDATE, SYN, 3), frame(DATA, 0, 3, WINDOW + 1)],
  'a first frame of more than its window': [frame(DATA, SYN, 3, WINDOW + 1)],
  'frames that together exceed the window': [
    frame(DATA, SYN, 3, Buffer.alloc(WINDOW)),
    frame(DATA, 0, 3, 'x'),
  ],
  'much for a stream that is over': [
    frame(DATA, SYN, 3),
    frame(DATA, RST, 3),
    frame(DATA, 0, 3, 0xffff_ffff),
  ],
  'data behind the end': [frame(DATA, SYN | FIN, 3, 'x'), frame(DATA, 0, 3, 'y')],
  'a second end': [frame(DATA, SYN | FIN, 3, 'x'), frame(WINDOW_UPDATE, FIN, 3)],
  'a window without bounds': [
    frame(WINDOW_UPDATE, SYN, 3, 0xffff_ffff),
    frame(WINDOW_UPDATE, 0, 3, 0xffff_ffff),
  ],
};

for (const [what, frames] of Object.entries(OFFENCES)) {
  test(`${what} ends the session with a word`, async (t) => {
    const { accepted, dialled } = await connection(t);
    const { session, over } = sessionOn(accepted);
    const [stream] = [session.open()];
    assert.ok(stream);
    const told = endingOf(stream.resume());
    const peer = new MuxPeer(dialled);
    for (const bytes of frames) dialled.write(bytes);
    const { length } = await peer.frame(({ type }) => type === GO_AWAY);
    assert.equal(length, 1);
    assert.equal((await over).ending, 'misbehaved');
    assert.equal(await told, 'ECONNRESET');
    assert.equal(await peer.ended, 'eof');
    assert.equal(session.size, 0);
  });
}

test('a peer that says something is wrong is gone', async (t) => {
  for (const code of [1, 2, 77]) {
    const { accepted, dialled } = await connection(t);
    const { over } = sessionOn(accepted);
    new MuxPeer(dialled).say(GO_AWAY, 0, 0, code);
    assert.deepEqual(await over, { ending: 'gone-away', detail: `code ${code}` });
  }
});

test('streams beyond the bound are reset, with what they brought, and the others stay', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { streams } = sessionOn(accepted, { mostOfPeer: 2 });
  const peer = new MuxPeer(dialled);
  for (let id = 1; id < 2000; id += 2) peer.say(DATA, SYN, id, `I am ${id}`);
  await peer.frame(({ flags }) => flags === RST, 998);
  assert.equal(streams.length, 2);
  peer.say(DATA, FIN, 1, ' and stay');
  const [first] = streams;
  assert.ok(first);
  assert.equal(String(await read(first, 15)), 'I am 1 and stay');
});

test('a stream that is over makes room for another', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { streams, stream } = sessionOn(accepted, { mostOfPeer: 1 });
  const peer = new MuxPeer(dialled);
  peer.say(WINDOW_UPDATE, SYN | RST, 1);
  peer.say(DATA, SYN | FIN, 3, 'x');
  (await stream(2)).resume().end();
  await peer.frame(({ id, flags }) => id === 3 && (flags & FIN) !== 0);
  peer.say(WINDOW_UPDATE, SYN, 5);
  await stream(3);
  assert.equal(streams.length, 3);
});

test('what is under way to a stream that was reset here harms nobody', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { session } = sessionOn(accepted);
  const peer = new MuxPeer(dialled);
  session.open()?.destroy();
  await peer.frame(({ flags }) => flags === RST);
  peer.say(WINDOW_UPDATE, ACK, 2, 1000);
  peer.say(DATA, 0, 2, Buffer.alloc(WINDOW));
  peer.say(DATA, FIN, 2, 'late');
  peer.say(WINDOW_UPDATE, RST, 2);
  peer.say(PING, SYN, 0, 9);
  assert.equal((await peer.frame(({ type }) => type === PING)).length, 9);
});

test('what is said of a stream that its peer was not told of yet harms nobody else', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { session } = sessionOn(accepted);
  const peer = new MuxPeer(dialled);
  const streams = Array.from({ length: 258 }, () => session.open());
  const last = streams.at(-1);
  assert.ok(last);
  peer.say(WINDOW_UPDATE, ACK, last.id);
  for (const stream of streams) peer.say(WINDOW_UPDATE, ACK, stream?.id ?? 0);
  await peer.frame(({ id, flags }) => id === last.id && flags === SYN);
});

test('every ping is answered, while the answers are read', async (t) => {
  const { accepted, dialled } = await connection(t);
  sessionOn(accepted);
  const peer = new MuxPeer(dialled);
  for (let n = 1; n <= 1000; n += 1) peer.say(PING, SYN, 0, n);
  await peer.frame(({ type, flags }) => type === PING && flags === ACK, 1000);
  assert.deepEqual(peer.frames.map(({ length }) => length).at(-1), 1000);
});

test('who pings and reads no answers is gone before they pile up', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { over, transport } = sessionOn(accepted);
  const pings = Buffer.concat(Array.from({ length: 5000 }, (_, n) => frame(PING, SYN, 0, n)));
  let isOver = false;
  const ended = over.then((how) => {
    isOver = true;
    return how;
  });
  let most = 0;
  while (!isOver) {
    dialled.write(pings);
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, transport.writableLength);
  }
  assert.equal((await ended).ending, 'not-reading');
  assert.ok(most < 1024 * 1024, `${most} bytes`);
});

test('a window of single octets is used octet by octet', async (t) => {
  const { accepted, dialled } = await connection(t);
  const { session } = sessionOn(accepted);
  const stream = session.open();
  stream?.end(Buffer.alloc(WINDOW + 3, 'x'));
  const peer = new MuxPeer(dialled);
  await until(() => peer.payload(2).length === WINDOW);
  for (let n = 1; n <= 3; n += 1) {
    peer.say(WINDOW_UPDATE, 0, 2, 1);
    await until(() => peer.payload(2).length === WINDOW + n);
  }
  await peer.frame(({ flags }) => (flags & FIN) !== 0);
});

test('10,000 random byte strings end the session or leave it as it is', async () => {
  // Most begin as a session does, and so get further.
  const beginning = fc.constantFrom('', '0000', '00000001000000', '00000001000000');
  const endings = new Set<string>();
  await fc.assert(
    fc.asyncProperty(beginning, fc.uint8Array({ maxLength: 60 }), async (begun, random) => {
      const transport = new Duplex({ read() {}, write: (_, __, done) => done() });
      transport.on('error', () => {});
      const { session, over } = sessionOn(transport as never, { mostOfPeer: 1 });
      void over.then(({ ending }) => endings.add(ending));
      transport.push(Buffer.concat([Buffer.from(begun, 'hex'), random]));
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(session.size <= 1);
      session.destroy();
    }),
    { numRuns: 10_000 },
  );
  // Some spell the word of a peer that takes its leave for an error of ours.
  endings.delete('gone-away');
  assert.deepEqual([...endings], ['misbehaved']);
});
