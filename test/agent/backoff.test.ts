import assert from 'node:assert/strict';
import test from 'node:test';
import { backoff } from '#src/agent/backoff.ts';
import fc from '../support/properties.ts';

const LONGEST = 30_000;
const attempt = fc.integer({ min: 1, max: 5000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the first retry comes soon, and each further one up to twice as late', () => {
  const latest = [1, 2, 3, 4, 5, 6, 7].map((n) => backoff(n, 1));
  assert.deepEqual(latest, [500, 1000, 2000, 4000, 8000, 16_000, LONGEST]);
});

test('while clients wait for the agent, it tries again and again', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 50].map((n) => backoff(n, 1, 'leased')),
    [100, 200, 400, 500, 500],
  );
});

test('after what only somebody can mend, the first retry is as late as any', () => {
  assert.deepEqual([backoff(1, 0, 'lasting'), backoff(9, 1, 'lasting')], [LONGEST / 2, LONGEST]);
});

test('agents that lost one relay spread over half the span', () => {
  fc.assert(
    fc.property(attempt, (n) => {
      assert.equal(backoff(n, 0), backoff(n, 1) / 2);
      assert.equal(backoff(n, 0.5), (backoff(n, 0) + backoff(n, 1)) / 2);
    }),
  );
});

test('after any number of failures the next try comes within half a minute, and never at once', () => {
  fc.assert(
    fc.property(attempt, random, (n, drawn) => {
      const pause = backoff(n, drawn);
      assert.ok(Number.isInteger(pause));
      assert.ok(pause >= 250 && pause <= LONGEST, `${pause} ms`);
    }),
  );
});

test('no retry comes sooner than the one before could have come at the soonest', () => {
  fc.assert(fc.property(attempt, random, (n, drawn) => backoff(n + 1, drawn) >= backoff(n, drawn)));
});
