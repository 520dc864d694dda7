import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ACK, DATA, FIN, frame, MuxPeer, SYN, WINDOW_UPDATE } from '../../support/mux-peer.ts';
import { openVisitor } from './visitor-harness.ts';

const LINE_DEADLINE = 5000;

const HELLO = '[HELLO] {"version":1,"nonce":"0123456789abcdef"}\n';

test('a session without a stream is nobody yet, and has to begin one in time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { peer, send, reports, closed } = await openVisitor(t, { helloWait: 200 });
  const far = new MuxPeer(peer);
  await send(Uint8Array.of(0));
  t.mock.timers.tick(LINE_DEADLINE - 1);
  assert.deepEqual(reports, []);
  t.mock.timers.tick(1);
  await turn();
  assert.deepEqual(reports, ['refused hello-timeout']);
  assert.equal(await far.ended, 'eof');
  await closed();
});

test('on the first stream, silence for the hello window is a registrant', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { peer, send, reports } = await openVisitor(t, { helloWait: 200 });
  const far = new MuxPeer(peer);
  await send(frame(WINDOW_UPDATE, SYN, 1));
  await far.frame(({ flags }) => flags === ACK);
  t.mock.timers.tick(199);
  assert.deepEqual(reports, []);
  t.mock.timers.tick(1);
  await turn();
  assert.deepEqual(reports, ['mux']);
});

test('lines on the first stream are those of an agent, octet by octet as well', async (t) => {
  const { peer, reports, reported } = await openVisitor(t);
  const far = new MuxPeer(peer);
  for (const byte of Buffer.concat([frame(WINDOW_UPDATE, SYN, 1), frame(DATA, 0, 1, HELLO)])) {
    peer.write(Uint8Array.of(byte));
  }
  await far.frame(({ type, id }) => type === DATA && id === 1);
  assert.match(String(far.payload(1)), /^\[CHALLENGE\] /);
  far.say(DATA, 0, 1, '[REGISTER] {"port":4000}\n');
  await reported(1);
  assert.deepEqual(reports, ['register {"port":4000,"limits":{}}']);
});

test('a stream that begins as a session or as TLS does is refused as a line would be', async (t) => {
  for (const octet of [0x00, 0x16]) {
    const { peer, closed } = await openVisitor(t);
    const far = new MuxPeer(peer);
    far.say(DATA, SYN, 1, Uint8Array.of(octet, 0x0a));
    await far.frame(({ id, flags }) => id === 1 && (flags & FIN) !== 0);
    assert.match(String(far.payload(1)), /^\[ERROR\] \{"code":"hello-unknown"/);
    far.say(WINDOW_UPDATE, FIN, 1);
    const [refused] = await closed();
    assert.match(refused ?? '', /^refused hello-unknown/);
  }
});

test('what breaks the rules before it is known who it is, is refused', async (t) => {
  const { peer, closed } = await openVisitor(t);
  const far = new MuxPeer(peer);
  far.say(DATA, 0, 1, 'no stream of that id');
  assert.deepEqual(await closed(), [
    'refused bad-message yamux: a stream that never began',
    'closed',
  ]);
});

test('newer ones push out a session, with a stream or without', async (t) => {
  for (const beginning of [Uint8Array.of(0), frame(WINDOW_UPDATE, SYN, 1)]) {
    const { visitor, peer, send, closed } = await openVisitor(t);
    const far = new MuxPeer(peer);
    await send(beginning);
    visitor.pushOut();
    assert.deepEqual(await closed(), ['refused pushed-out', 'closed']);
    await far.ended;
  }
});

test('a broker that ends leaves no session behind', async (t) => {
  for (const beginning of [Uint8Array.of(0), frame(WINDOW_UPDATE, SYN, 1)]) {
    const { visitor, peer, send, closed } = await openVisitor(t);
    const far = new MuxPeer(peer);
    await send(beginning);
    visitor.shutDown();
    assert.deepEqual(await closed(), ['closed']);
    await far.ended;
  }
});
