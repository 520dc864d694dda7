import assert from 'node:assert/strict';
import test from 'node:test';
import { within } from '#src/within.ts';

test('what is done in time is what comes of it, and leaves no timer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  assert.equal(await within(100, Promise.resolve('done')), 'done');
  await assert.rejects(within(100, Promise.reject(new Error('failed'))), /failed/);
});

test('what takes longer is given up, whatever comes of it later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let fail = (_: Error) => {};
  const outcome = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const late = assert.rejects(within(100, outcome), { code: 'ETIMEDOUT' });
  t.mock.timers.tick(100);
  await late;
  fail(new Error('too late to matter'));
});
