import assert from 'node:assert/strict';
import test from 'node:test';
import { KeySharing } from '#src/broker/registration/key-sharing.ts';

const MINUTE = 60_000;

test('an agent that comes back before its broken connection is noticed replaces it', () => {
  const sharing = new KeySharing();
  for (const now of [0, MINUTE / 3, (2 * MINUTE) / 3, MINUTE, (4 * MINUTE) / 3]) {
    assert.equal(sharing.mayReplace(now), true, `after ${now} ms`);
  }
});

test('who would be the fourth within a minute may not', () => {
  const sharing = new KeySharing();
  const verdicts = [0, 1, 2, MINUTE - 1].map((now) => sharing.mayReplace(now));
  assert.deepEqual(verdicts, [true, true, true, false]);
});

test('nobody may any more, as long as the one that is there stays', () => {
  const sharing = new KeySharing();
  for (const now of [0, 1, 2, 3]) sharing.mayReplace(now);
  assert.equal(sharing.mayReplace(10 * MINUTE), false);
});

test('once the one that was there has left, all is forgotten', () => {
  const sharing = new KeySharing();
  for (const now of [0, 1, 2, 3]) sharing.mayReplace(now);
  sharing.left();
  const verdicts = [4, 5, 6, 7].map((now) => sharing.mayReplace(now));
  assert.deepEqual(verdicts, [true, true, true, false]);
});
