import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { MAX_LINE } from '#src/protocol/lines.ts';
import { outcome, read } from '../../support/tcp.ts';
import { errorIn } from '../control-harness.ts';
import { openVisitor } from './visitor-harness.ts';

const HELLO = '[HELLO] {"version":1,"nonce":"0123456789abcdef"}\n';

test('who sends nothing within the hello window is a registrant of the basic protocol', async (t) => {
  const { reported } = await openVisitor(t, { helloWait: 5 });
  assert.deepEqual(await reported(1), ['basic']);
});

test('who leaves before the hello window is over was never a registrant', async (t) => {
  const { peer, closed } = await openVisitor(t);
  peer.end();
  assert.deepEqual(await closed(), ['closed']);
});

test('who resets before the hello window is over was never a registrant', async (t) => {
  const { peer, closed } = await openVisitor(t);
  peer.resetAndDestroy();
  assert.deepEqual(await closed(), ['closed']);
});

test('a registrant that is turned away without a word sees a clean end', async (t) => {
  const { peer, closed } = await openVisitor(t, { helloWait: 5 }, { cause: 'full' });
  const { data, ending } = await outcome(peer);
  assert.deepEqual([String(data), ending], ['', 'eof']);
  peer.end();
  assert.deepEqual(await closed(), ['basic', 'refused full', 'closed']);
});

test('a first line that nobody knows is answered with an error and a clean end', async (t) => {
  const { peer, closed } = await openVisitor(t);
  peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const { data, ending } = await outcome(peer);
  assert.equal(ending, 'eof');
  assert.equal(errorIn(data).code, 'hello-unknown');
  peer.end();
  assert.deepEqual(await closed(), ['refused hello-unknown GET / HTTP/1.1', 'closed']);
});

test('a first octet that is not ours is no reason to wait for anything else than a line', async (t) => {
  for (const octet of [0x16, 0x01, 0xff]) {
    const { peer, closed } = await openVisitor(t);
    peer.end(Uint8Array.of(octet, 0x0a));
    assert.equal(errorIn((await outcome(peer)).data).code, 'hello-unknown');
    const [refused] = await closed();
    assert.match(refused ?? '', /^refused hello-unknown/);
  }
});

test('an empty first line is a line', async (t) => {
  const { peer, closed } = await openVisitor(t);
  peer.end('\n');
  assert.equal(errorIn((await outcome(peer)).data).code, 'hello-unknown');
  assert.deepEqual(await closed(), ['refused hello-unknown', 'closed']);
});

test('a first line that comes byte by byte is one line', async (t) => {
  const { peer, send, reports, closed } = await openVisitor(t);
  for (const byte of Buffer.from('{"v":"é"}')) await send(Uint8Array.of(byte));
  assert.deepEqual(reports, []);
  peer.end('\n');
  assert.equal(errorIn((await outcome(peer)).data).code, 'hello-unknown');
  assert.deepEqual(await closed(), ['refused hello-unknown {"v":"é"}', 'closed']);
});

test('a first line without end is refused as soon as it is too long', async (t) => {
  const { peer, closed } = await openVisitor(t);
  peer.write('x'.repeat(MAX_LINE + 1));
  const { data, ending } = await outcome(peer);
  assert.equal(ending, 'eof');
  assert.equal(errorIn(data).code, 'line-too-long');
  peer.end();
  assert.deepEqual(await closed(), ['refused line-too-long', 'closed']);
});

test('a first line of the greatest length is not too long', async (t) => {
  const { peer, send, reports } = await openVisitor(t);
  await send('x'.repeat(MAX_LINE));
  assert.deepEqual(reports, []);
  peer.end('\n');
  assert.equal(errorIn((await outcome(peer)).data).code, 'hello-unknown');
});

test('a peer that floods instead of greeting gets the error and a clean end all the same', async (t) => {
  const { peer, closed } = await openVisitor(t);
  const left = once(peer, 'close');
  peer.end(Buffer.alloc(4 * 1024 * 1024, 'x\n'));
  const { data, ending } = await outcome(peer);
  assert.equal(ending, 'eof');
  assert.equal(errorIn(data).code, 'hello-unknown');
  assert.deepEqual(await left, [false], 'all it sent was taken, nothing was reset');
  assert.deepEqual(await closed(), ['refused hello-unknown x', 'closed']);
});

test('an agent that says all at once is understood', async (t) => {
  const { peer, reported } = await openVisitor(t);
  peer.write(`${HELLO}[REGISTER] {"port":4000}\n[PING] {}\n`);
  assert.match(String(await read(peer, 11)), /^\[CHALLENGE\]/);
  assert.deepEqual(await reported(1), ['register {"port":4000,"limits":{}}']);
});

test('an unknown word within the handshake is answered, and it goes on', async (t) => {
  const { peer, reported } = await openVisitor(t);
  peer.write(`${HELLO}[NEWS] {}\n[REGISTER] {}\n`);
  assert.deepEqual(await reported(1), ['register {"limits":{}}']);
  let answers = '';
  peer.on('data', (chunk) => {
    answers += chunk;
  });
  while (!answers.includes('word-unknown')) await once(peer, 'data');
});

test('a back-connect is handed over with every byte behind its line', async (t) => {
  const { peer, reported } = await openVisitor(t);
  peer.write('[TICKET] {"registration":7,"ticket":"0123456789abcdef"}\nGET / HTTP/1.1\n');
  assert.deepEqual(await reported(1), ['adopt TICKET GET / HTTP/1.1']);
});

test('who is pushed out is closed without a word, whatever it was about to say', async (t) => {
  const { visitor, peer, send, closed } = await openVisitor(t);
  const seen = outcome(peer);
  await send('[HEL');
  visitor.pushOut();
  assert.equal(String((await seen).data), '');
  assert.deepEqual(await closed(), ['refused pushed-out', 'closed']);
});

test('who is in the middle of a handshake at a shutdown is told to try again', async (t) => {
  const { visitor, peer, send } = await openVisitor(t);
  await send('[HEL');
  visitor.shutDown();
  assert.equal(errorIn((await outcome(peer)).data).code, 'shutdown');
});
