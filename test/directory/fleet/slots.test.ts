import assert from 'node:assert/strict';
import test from 'node:test';
import { Slots } from '#src/directory/fleet/slots.ts';

test('no more do something at one time than may, in the order in which they came', async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const use = (i: number) =>
    slots.use(async () => {
      begun.push(i);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const uses = [0, 1, 2, 3].map(use);
  assert.deepEqual(begun, [0, 1]);
  ends[1]?.();
  await uses[1];
  assert.deepEqual(begun, [0, 1, 2]);
  ends[0]?.();
  await uses[0];
  assert.deepEqual(begun, [0, 1, 2, 3]);
  for (const end of ends) end();
  await Promise.all(uses);
});

test('who fails leaves its place to others', async () => {
  const slots = new Slots(1);
  const fails = slots.use(() => Promise.reject(new Error('no')));
  const next = slots.use(async () => 'yes');
  await assert.rejects(fails, /no/);
  assert.equal(await next, 'yes');
  assert.equal(await slots.use(async () => 'again'), 'again');
});
