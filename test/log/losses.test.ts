import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Losses } from '#src/log/losses.ts';

const INTERVAL = 10_000;

function losses(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told: [number, string][] = [];
  return { told, losses: new Losses<string>((count, last) => told.push([count, last])) };
}

test('the first loss is told at once, and the others when the interval is over', (t) => {
  const { told, losses: lost } = losses(t);
  lost.add(1, 'a');
  lost.add(2, 'b');
  lost.add(3, 'c');
  assert.deepEqual(told, [[1, 'a']]);
  t.mock.timers.tick(INTERVAL - 1);
  assert.equal(told.length, 1);
  t.mock.timers.tick(1);
  assert.deepEqual(told[1], [6, 'c']);
});

test('no loss is told twice, and one after a quiet interval at once', (t) => {
  const { told, losses: lost } = losses(t);
  lost.add(1, 'a');
  t.mock.timers.tick(3 * INTERVAL);
  assert.equal(told.length, 1);
  lost.add(1, 'b');
  assert.deepEqual(told[1], [2, 'b']);
});

test('what is untold at the end is told then', (t) => {
  const { told, losses: lost } = losses(t);
  lost.close();
  assert.deepEqual(told, []);
  lost.add(1, 'a');
  lost.add(4, 'b');
  lost.close();
  assert.deepEqual(told, [
    [1, 'a'],
    [5, 'b'],
  ]);
  t.mock.timers.tick(2 * INTERVAL);
  assert.equal(told.length, 2);
});
