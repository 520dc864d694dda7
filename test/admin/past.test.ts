import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Past } from '#src/admin/past.ts';
import { FakeBroker } from '../support/operated-broker.ts';

test('the last five minutes are kept, second by second, for as long as they are wanted', () => {
  mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const past = new Past(new FakeBroker());
  past.begin();
  for (let second = 1; second <= 2; second += 1) mock.timers.tick(1000);
  const figures = { bytesToServer: 1000, bytesToClient: 2000, paired: 1, waiting: 0 };
  assert.deepEqual(past.moments, [
    { at: 1000, ...figures },
    { at: 2000, ...figures },
  ]);
  mock.timers.tick(400_000);
  assert.equal(past.moments.length, 300);
  past.close();
  const last = past.moments.at(-1);
  mock.timers.tick(1000);
  assert.equal(past.moments.at(-1), last);
  mock.timers.reset();
});
