import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { MAX_LINE } from '#src/protocol/lines.ts';
import { outcome, read } from '../support/tcp.ts';
import { errorIn, openControl } from './control-harness.ts';

test('a registrant that sends nothing is a basic one, and is told of its clients', async (t) => {
  const { control, peer, reports, silent } = await openControl(t, 5);
  await silent();
  control.notify('[NEW] 40123\n');
  control.notify('[NEW] 40123\n');
  assert.equal(String(await read(peer, 24)), '[NEW] 40123\n[NEW] 40123\n');
  assert.deepEqual(reports, ['silent']);
});

test('a registrant that leaves before the hello window is over was never one', async (t) => {
  const { peer, closed } = await openControl(t);
  peer.end();
  assert.deepEqual(await closed(), ['closed']);
});

test('a registrant that resets before the hello window is over was never one', async (t) => {
  const { peer, closed } = await openControl(t);
  peer.resetAndDestroy();
  assert.deepEqual(await closed(), ['closed']);
});

test('a first line that nobody knows is answered with an error and a clean end', async (t) => {
  const { peer, closed } = await openControl(t);
  peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const { data, ending } = await outcome(peer);
  assert.equal(ending, 'eof');
  assert.equal(errorIn(data).code, 'hello-unknown');
  peer.end();
  assert.deepEqual(await closed(), ['rejected hello-unknown GET / HTTP/1.1', 'closed']);
});

test('an empty first line is a line', async (t) => {
  const { peer, closed } = await openControl(t);
  peer.end('\n');
  assert.equal(errorIn((await outcome(peer)).data).code, 'hello-unknown');
  assert.deepEqual(await closed(), ['rejected hello-unknown', 'closed']);
});

test('a first line that comes byte by byte is one line', async (t) => {
  const { peer, send, reports, closed } = await openControl(t);
  for (const byte of Buffer.from('{"v":"é"}')) await send(Uint8Array.of(byte));
  assert.deepEqual(reports, []);
  peer.end('\n');
  assert.equal(errorIn((await outcome(peer)).data).code, 'hello-unknown');
  assert.deepEqual(await closed(), ['rejected hello-unknown {"v":"é"}', 'closed']);
});

test('a first line without end is refused as soon as it is too long', async (t) => {
  const { peer, closed } = await openControl(t);
  peer.write('x'.repeat(MAX_LINE + 1));
  const { data, ending } = await outcome(peer);
  assert.equal(ending, 'eof');
  assert.equal(errorIn(data).code, 'line-too-long');
  peer.end();
  assert.deepEqual(await closed(), ['rejected line-too-long', 'closed']);
});

test('a first line of the greatest length is not too long', async (t) => {
  const { peer, send, reports } = await openControl(t);
  await send('x'.repeat(MAX_LINE));
  assert.deepEqual(reports, []);
  peer.end('\n');
  assert.equal(errorIn((await outcome(peer)).data).code, 'hello-unknown');
});

test('a peer that floods instead of greeting gets the error and a clean end all the same', async (t) => {
  const { peer, closed } = await openControl(t);
  const left = once(peer, 'close');
  peer.end(Buffer.alloc(4 * 1024 * 1024, 'x\n'));
  const { data, ending } = await outcome(peer);
  assert.equal(ending, 'eof');
  assert.equal(errorIn(data).code, 'hello-unknown');
  assert.deepEqual(await left, [false], 'all it sent was taken, nothing was reset');
  assert.deepEqual(await closed(), ['rejected hello-unknown x', 'closed']);
});

test('a basic registrant that sends anything is over, once', async (t) => {
  const { peer, silent, closed } = await openControl(t, 5);
  await silent();
  peer.write('hello\n');
  peer.write('again\n');
  const [, ended, ...rest] = await closed();
  assert.match(ended ?? '', /^ended junk hello/);
  assert.deepEqual(rest, ['closed']);
});

test('a basic registrant that closes has closed, and one that resets is lost', async (t) => {
  const closing = await openControl(t, 5);
  await closing.silent();
  closing.peer.end();
  assert.deepEqual(await closing.closed(), ['silent', 'ended closed', 'closed']);

  const resetting = await openControl(t, 5);
  await resetting.silent();
  resetting.peer.resetAndDestroy();
  const [, ended] = await resetting.closed();
  assert.match(ended ?? '', /^ended lost/);
});

test('what is ended or destroyed by the broker reports nothing but its close', async (t) => {
  const ending = await openControl(t, 5);
  await ending.silent();
  ending.control.end();
  assert.equal((await outcome(ending.peer)).ending, 'eof');
  ending.peer.end('too late\n');
  assert.deepEqual(await ending.closed(), ['silent', 'closed']);

  const destroyed = await openControl(t, 5);
  await destroyed.silent();
  destroyed.control.destroy();
  assert.deepEqual(await destroyed.closed(), ['silent', 'closed']);
});

test('a notification for a registrant that has just gone does no harm', async (t) => {
  const { control, peer, silent, closed } = await openControl(t, 5);
  await silent();
  control.socket.once('end', () => control.notify('[NEW] 40123\n'));
  peer.end();
  assert.deepEqual(await closed(), ['silent', 'ended closed', 'closed']);
  control.notify('[NEW] 40123\n');
  await turn();
  assert.deepEqual(await closed(), ['silent', 'ended closed', 'closed']);
});
