import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from '#src/data-plane/token-bucket.ts';
import fc from '../support/properties.ts';

test('as many as fit in may be taken at once, then so many per second', () => {
  const bucket = new TokenBucket(100, 0);
  assert.equal(bucket.take(100, 0), true);
  assert.equal(bucket.take(1, 9), false);
  assert.equal(bucket.take(1, 10), true);
  assert.equal(bucket.take(50, 509), false);
  assert.equal(bucket.take(50, 510), true);
});

test('they may be taken one by one at the same moment, whichever it is', () => {
  const moment = fc.double({ min: 0, max: 1e10, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), moment, (perSecond, now) => {
      const bucket = new TokenBucket(perSecond, 0);
      for (let n = 0; n < perSecond; n += 1) assert.ok(bucket.take(1, now), `${n}`);
      assert.ok(!bucket.take(1, now));
    }),
  );
});

test('a refusal takes nothing', () => {
  const bucket = new TokenBucket(10, 0);
  assert.equal(bucket.take(11, 0), false);
  assert.equal(bucket.take(10, 0), true);
});

test('a long pause saves up one second and no more', () => {
  const bucket = new TokenBucket(10, 0);
  assert.equal(bucket.take(11, 3_600_000), false);
  assert.equal(bucket.take(10, 3_600_000), true);
  assert.equal(bucket.take(1, 3_600_000), false);
});

test('there are as many as asked for when the delay is over, and not before', () => {
  const bucket = new TokenBucket(1000, 0);
  assert.equal(bucket.delay(1000, 0), 0);
  bucket.take(1000, 0);
  assert.equal(bucket.delay(250, 0), 250);
  assert.equal(bucket.delay(250, 100), 150);
  assert.equal(bucket.take(250, 249), false);
  assert.equal(bucket.take(250, 250), true);
});

const steps = fc.array(
  fc.record({ wait: fc.nat({ max: 3000 }), count: fc.integer({ min: 1, max: 2000 }) }),
  { maxLength: 50 },
);

test('no stretch of time gets more than it is due and what fits in', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), steps, (perSecond, sequence) => {
      const bucket = new TokenBucket(perSecond, 0);
      const taken: { at: number; count: number }[] = [];
      let now = 0;
      for (const { wait, count } of sequence) {
        now += wait;
        if (bucket.take(count, now)) taken.push({ at: now, count });
      }
      for (const [first, { at: from }] of taken.entries()) {
        let sum = 0;
        for (const { at, count } of taken.slice(first)) {
          sum += count;
          assert.ok(sum <= perSecond + (perSecond * (at - from)) / 1000 + 1e-6);
        }
      }
    }),
  );
});
