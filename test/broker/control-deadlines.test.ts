import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { outcome } from '../support/tcp.ts';
import { openControl, type TestControl } from './control-harness.ts';

const UNSENT_DEADLINE = 10_000;
const FAREWELL_DEADLINE = 2000;
const MAX_UNSENT = 64 * 1024;

/** Enough for the kernel's buffers to be full for good, and still allowed. */
const SOME_UNSENT = MAX_UNSENT / 2;

/** A control connection whose time is the test's; Node's sockets keep theirs. */
async function openTimed(t: TestContext): Promise<TestControl & { pass(ms: number): void }> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const test = await openControl(t);
  return { ...test, pass: (ms) => t.mock.timers.tick(ms) };
}

/** A registrant that takes no notification, with so many bytes unsent at least. */
async function openStuck(t: TestContext, unsent: number) {
  const test = await openTimed(t);
  const { socket } = test.control;
  let sent = 0;
  let most = 0;
  while (socket.writableLength < unsent && !socket.destroyed) {
    for (let n = 0; n < 100; n += 1) {
      test.control.notify('[NEW] 40123\n');
      sent += '[NEW] 40123\n'.length;
      most = Math.max(most, socket.writableLength);
    }
    await turn();
  }
  return { ...test, sent, most };
}

test('a peer that does not leave after the last word is cut', async (t) => {
  const { control, pass, peer, reports, closed } = await openTimed(t);
  control.end('bye\n');
  await outcome(peer);
  pass(FAREWELL_DEADLINE - 1);
  await turn();
  assert.deepEqual(reports, []);
  pass(1);
  assert.deepEqual(await closed(), ['closed']);
});

test('a peer that talks after the last word does not outstay the farewell', async (t) => {
  const { control, peer, pass, send, reports, closed } = await openTimed(t);
  control.end();
  await outcome(peer);
  await send('x');
  pass(FAREWELL_DEADLINE);
  await closed();
  assert.deepEqual(reports, ['closed']);
});

test('a registrant that never reads is given up before its notifications pile up', async (t) => {
  const { closed, most } = await openStuck(t, Number.POSITIVE_INFINITY);
  assert.deepEqual(await closed(), ['over not-reading', 'closed']);
  assert.ok(most > SOME_UNSENT && most < MAX_UNSENT + 100, `${most} bytes piled up`);
});

test('notifications that stay unsent are given time, and then their registrant is given up', async (t) => {
  const { pass, closed, reports } = await openStuck(t, SOME_UNSENT);
  pass(UNSENT_DEADLINE - 1);
  assert.deepEqual(reports, []);
  pass(1);
  assert.deepEqual(await closed(), ['over not-reading', 'closed']);
});

test('a registrant that reads again in time stays', async (t) => {
  const { control, peer, pass, reports, sent } = await openStuck(t, SOME_UNSENT);
  pass(UNSENT_DEADLINE - 1);
  let received = 0;
  peer.on('data', (chunk) => {
    received += chunk.length;
  });
  while (received < sent || control.socket.writableLength > 0) await turn();
  await turn();
  pass(UNSENT_DEADLINE);
  assert.deepEqual(reports, []);
});

test('nobody writes past the stream while some of it is unsent', async (t) => {
  const { control } = await openStuck(t, SOME_UNSENT);
  assert.equal(control.descriptor, undefined);
});
