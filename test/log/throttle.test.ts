import assert from 'node:assert/strict';
import test from 'node:test';
import { Throttle } from '#src/log/throttle.ts';
import fc from '../support/properties.ts';

const INTERVAL = 10_000;

test('the first entry of a cause always passes, also right after the clock began', () => {
  const throttle = new Throttle();
  assert.equal(throttle.pass('a', 0), 0);
  assert.equal(throttle.pass('b', 0), 0);
});

test('the next entry passes when the interval is over, and says how many were held back', () => {
  const throttle = new Throttle();
  throttle.pass('a', 0);
  assert.equal(throttle.pass('a', 1), undefined);
  assert.equal(throttle.pass('a', INTERVAL - 1), undefined);
  assert.equal(throttle.pass('a', INTERVAL), 2);
});

test('what was told as held back is not told again', () => {
  const throttle = new Throttle();
  throttle.pass('a', 0);
  throttle.pass('a', 1);
  throttle.pass('a', INTERVAL);
  assert.equal(throttle.pass('a', 2 * INTERVAL), 0);
});

test('an entry that is held back does not put off the next one', () => {
  const throttle = new Throttle();
  throttle.pass('a', 0);
  throttle.pass('a', INTERVAL - 1);
  assert.notEqual(throttle.pass('a', INTERVAL), undefined);
});

const entries = fc.array(
  fc.record({ cause: fc.constantFrom('a', 'b', 'c'), after: fc.nat(INTERVAL) }),
  { maxLength: 200 },
);

test('a flood gives one entry per cause and interval, and none goes uncounted', () => {
  fc.assert(
    fc.property(entries, (flood) => {
      const throttle = new Throttle();
      const told: Record<string, number> = {};
      const passed: Record<string, number> = {};
      let now = 0;
      for (const { cause, after } of flood) {
        now += after;
        const held = throttle.pass(cause, now);
        if (held === undefined) continue;
        const before = passed[cause];
        assert.ok(before === undefined || now - before >= INTERVAL);
        passed[cause] = now;
        told[cause] = (told[cause] ?? 0) + held + 1;
      }
      for (const cause of Object.keys(passed)) {
        const happened = flood.filter((entry) => entry.cause === cause).length;
        const rest = throttle.pass(cause, now + INTERVAL) ?? Number.NaN;
        assert.equal((told[cause] ?? 0) + rest, happened);
      }
    }),
  );
});
