import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Watchdog } from '#src/service-manager/watchdog.ts';

const PATIENCE = 1000;

function watched(t: TestContext, everythingAnswers: () => Promise<void>): () => Promise<number> {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let signs = 0;
  const watchdog = new Watchdog(PATIENCE, everythingAnswers, () => {
    signs += 1;
  });
  t.after(() => watchdog.close());
  return async () => {
    t.mock.timers.tick(PATIENCE / 2);
    await turn();
    return signs;
  };
}

test('it gives two signs of life in the time that one is waited for', async (t) => {
  const signsAfterHalf = watched(t, async () => {});
  assert.equal(await signsAfterHalf(), 1);
  assert.equal(await signsAfterHalf(), 2);
});

test('while something does not answer, it gives none, and asks no more', async (t) => {
  let asked = 0;
  let answer = () => {};
  const signsAfter = watched(t, () => {
    asked += 1;
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  assert.equal(await signsAfter(), 0);
  assert.equal(await signsAfter(), 0);
  assert.equal(asked, 1);
  answer();
  await turn();
  assert.equal(await signsAfter(), 1);
  assert.equal(asked, 2);
});

test('what cannot answer is as good as hanging', async (t) => {
  const signsAfter = watched(t, () => Promise.reject(new Error('gone')));
  assert.equal(await signsAfter(), 0);
});
