import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { KeepAlive } from '#src/yamux/keep-alive.ts';

/** What it did so far, its time the test's. */
function watch(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const told: (number | 'silent')[] = [];
  const keepAlive = new KeepAlive(
    { interval: 5000, deadline: 10_000 },
    { ping: (value) => told.push(value), silent: () => told.push('silent') },
  );
  return { keepAlive, told, pass: (ms: number) => t.mock.timers.tick(ms) };
}

test('one ping at a time, and the next one at its interval', (t) => {
  const { keepAlive, told, pass } = watch(t);
  pass(4999);
  assert.deepEqual(told, []);
  pass(1);
  pass(5000);
  assert.deepEqual(told, [1]);
  keepAlive.answered(1);
  pass(5000);
  assert.deepEqual(told, [1, 2]);
  keepAlive.stop();
});

test('who does not answer in time is silent, but what came in time is read first', async (t) => {
  const { keepAlive, told, pass } = watch(t);
  pass(5000);
  pass(10_000);
  keepAlive.answered(1);
  await turn();
  assert.deepEqual(told, [1]);
  pass(5000);
  keepAlive.answered(1);
  pass(10_000);
  await turn();
  assert.deepEqual(told, [1, 2, 'silent']);
  keepAlive.stop();
});

test('nothing is told when it is stopped', async (t) => {
  const { keepAlive, told, pass } = watch(t);
  pass(5000);
  pass(10_000);
  keepAlive.stop();
  pass(60_000);
  await turn();
  assert.deepEqual(told, [1]);
});
