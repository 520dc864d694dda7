import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { VisitorPolicy } from '#src/broker/reception/host.ts';
import { outcome, read } from '../../support/tcp.ts';
import { errorIn } from '../control-harness.ts';
import { openVisitor, type TestVisitor } from './visitor-harness.ts';

const HELLO_WAIT = 200;
const LINE_DEADLINE = 5000;
const DENIAL_DELAY = 1000;

const HELLO = '[HELLO] {"version":1,"nonce":"0123456789abcdef","token":"alice"}\n';

/** A visitor whose time is the test's; Node's sockets keep theirs. What is due by then has been done when it has passed. */
async function openTimed(
  t: TestContext,
  policy: Partial<VisitorPolicy> = {},
): Promise<TestVisitor & { pass(ms: number): Promise<void> }> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const test = await openVisitor(t, { helloWait: HELLO_WAIT, ...policy });
  const pass = (ms: number) => {
    t.mock.timers.tick(ms);
    return turn();
  };
  return { ...test, pass };
}

test('a registrant has the whole hello window to stay silent in', async (t) => {
  const { pass, reports } = await openTimed(t);
  await pass(HELLO_WAIT - 1);
  assert.deepEqual(reports, []);
  await pass(1);
  assert.deepEqual(reports, ['basic']);
});

test('what has come in time is read, however busy this process was meanwhile', async (t) => {
  const { pass, peer, reports } = await openTimed(t);
  // Where a timer goes off, all that is here is read before what is next.
  await turn();
  peer.write(HELLO);
  await pass(HELLO_WAIT);
  assert.match(String(await read(peer, 11)), /^\[CHALLENGE\]$/);
  assert.deepEqual(reports, []);
});

test('whoever has begun a line is not taken for a basic registrant any more', async (t) => {
  const { pass, send, reports } = await openTimed(t);
  await send('h');
  await pass(LINE_DEADLINE - 1);
  assert.deepEqual(reports, []);
});

test('a first line that does not end in time is refused, however it trickles', async (t) => {
  const { pass, send, peer, reports } = await openTimed(t);
  await send('h');
  await pass(LINE_DEADLINE - 1);
  await send('e');
  await pass(1);
  assert.deepEqual(reports, ['refused hello-timeout']);
  const { data, ending } = await outcome(peer);
  assert.equal(ending, 'eof');
  assert.equal(errorIn(data).code, 'hello-timeout');
});

test('an agent has as long again for what it asks for', async (t) => {
  const { pass, send, peer, reports } = await openTimed(t);
  await send('[');
  await pass(LINE_DEADLINE - 1);
  await send(HELLO.slice(1));
  await read(peer, 1);
  await pass(LINE_DEADLINE - 1);
  assert.deepEqual(reports, []);
  await pass(1);
  assert.deepEqual(reports, ['refused hello-timeout']);
});

test('unknown words do not lengthen the handshake', async (t) => {
  const { pass, send, reports } = await openTimed(t);
  await send(HELLO);
  await pass(LINE_DEADLINE - 1);
  await send('[NEWS] {}\n');
  await pass(1);
  assert.deepEqual(reports, ['refused hello-timeout']);
});

test('a wrong proof is reported at once and answered late, and nothing is read meanwhile', async (t) => {
  const { pass, send, peer, reports } = await openTimed(t);
  await send(HELLO);
  await send('[REGISTER] {"proof":"0123456789abcdef"}\n');
  const answer = outcome(peer);
  peer.write('[REGISTER] {}\n');
  assert.deepEqual(reports, ['denied alice']);
  await pass(DENIAL_DELAY - 1);
  assert.ok(!peer.readableEnded);
  await pass(1);
  const lines = String((await answer).data).split('\n');
  assert.match(lines[0] ?? '', /^\[CHALLENGE\]/);
  assert.equal(errorIn(Buffer.from(`${lines[1]}\n`)).code, 'token-refused');
  assert.deepEqual(reports, ['denied alice']);
});
