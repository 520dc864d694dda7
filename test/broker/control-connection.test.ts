import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { outcome, read } from '../support/tcp.ts';
import { openControl } from './control-harness.ts';

test('what is notified in one turn goes out together and in order', async (t) => {
  const { control, peer, reports } = await openControl(t);
  control.notify('[NEW] 40123\n');
  control.notify('[NEW] 40124\n');
  assert.equal(String(await read(peer, 24)), '[NEW] 40123\n[NEW] 40124\n');
  assert.deepEqual(reports, []);
});

test('what comes is told to whoever holds the connection at the time', async (t) => {
  const { control, send, reports } = await openControl(t);
  await send('one');
  const later: string[] = [];
  control.handTo({ received: (chunk) => later.push(String(chunk)), over: () => {} });
  await send('two');
  assert.deepEqual([reports, later], [['received one'], ['two']]);
});

test('what comes while it is paused waits for the next holder', async (t) => {
  const { control, peer, reports } = await openControl(t);
  control.pause();
  peer.write('early');
  await turn();
  const early = new Promise<string>((resolve) => {
    control.handTo({ received: (chunk) => resolve(String(chunk)), over: () => {} });
  });
  assert.equal(await early, 'early');
  assert.deepEqual(reports, []);
});

test('a peer that closes has closed, and one that resets is lost', async (t) => {
  const closing = await openControl(t);
  closing.peer.end();
  assert.deepEqual(await closing.closed(), ['over closed', 'closed']);

  const resetting = await openControl(t);
  resetting.peer.resetAndDestroy();
  const [over, ...rest] = await resetting.closed();
  assert.match(over ?? '', /^over lost/);
  assert.deepEqual(rest, ['closed']);
});

test('what is ended or destroyed by the broker is told nobody', async (t) => {
  const ending = await openControl(t);
  ending.control.end('bye\n');
  const { data, ending: how } = await outcome(ending.peer);
  assert.deepEqual([String(data), how], ['bye\n', 'eof']);
  ending.peer.end('too late\n');
  assert.deepEqual(await ending.closed(), ['closed']);

  const destroyed = await openControl(t);
  destroyed.control.destroy();
  assert.deepEqual(await destroyed.closed(), ['closed']);
});

test('a notification for a peer that has just gone does no harm', async (t) => {
  const { control, peer, closed } = await openControl(t);
  control.socket.once('end', () => control.notify('[NEW] 40123\n'));
  peer.end();
  assert.deepEqual(await closed(), ['over closed', 'closed']);
  control.notify('[NEW] 40123\n');
  await turn();
  assert.deepEqual(await closed(), ['over closed', 'closed']);
});

test('a socket that was given up is nobody’s any more', async (t) => {
  const { control, peer, reports } = await openControl(t);
  const socket = control.release();
  const given = new Promise<string>((resolve) => {
    socket.once('data', (chunk) => resolve(String(chunk)));
  });
  socket.resume();
  peer.write('for the next');
  assert.equal(await given, 'for the next');
  control.send('nothing of ours');
  control.end('nothing of ours');
  socket.end('theirs');
  assert.equal(String((await outcome(peer)).data), 'theirs');
  assert.deepEqual(reports, []);
});
