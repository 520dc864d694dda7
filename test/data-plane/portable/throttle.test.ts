import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Throttle, type Throttled } from '#src/data-plane/portable/throttle.ts';
import fc from '../../support/properties.ts';

const MIB = 1024 * 1024;

/** A direction with so many bytes at hand. */
class Backlog implements Throttled {
  moved = 0;
  held: number;

  constructor(held: number) {
    this.held = held;
  }

  release(count: number): void {
    assert.ok(count > 0 && count <= this.held);
    this.held -= count;
    this.moved += count;
  }
}

/** A throttle whose time passes only when it is told to. */
function clocked(
  t: TestContext,
  bytesPerSecond: number,
): { throttle: Throttle; pass(milliseconds: number): void } {
  t.mock.timers.reset();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const pass = (milliseconds: number) => {
    for (let n = 0; n < milliseconds; n += 1) {
      now += 1;
      t.mock.timers.tick(1);
    }
  };
  return { throttle: new Throttle(bytesPerSecond, () => now), pass };
}

test('a second of bytes goes at once, the rest as time passes', (t) => {
  const { throttle, pass } = clocked(t, 1000);
  const direction = new Backlog(3000);
  throttle.join(direction);
  const { moved } = direction;
  assert.ok(moved > 900 && moved <= 1000);
  pass(1000);
  assert.ok(direction.moved > 1900 && direction.moved <= 2000);
  pass(1010);
  assert.equal(direction.moved, 3000);
});

test('a few bytes that fit go at once and leave no timer', (t) => {
  const { throttle } = clocked(t, 1000);
  const timers = t.mock.method(globalThis, 'setTimeout');
  const direction = new Backlog(10);
  throttle.join(direction);
  assert.equal(direction.held, 0);
  assert.equal(timers.mock.callCount(), 0);
});

test('those who have more than their share wait for each other', (t) => {
  const { throttle, pass } = clocked(t, 160_000);
  const directions = Array.from({ length: 10 }, () => new Backlog(10 * MIB));
  for (const direction of directions) throttle.join(direction);
  pass(5000);
  const moved = directions.map((direction) => direction.moved);
  // All but the first came when its burst was spent. From there on they differ by a turn.
  const [, ...later] = moved;
  assert.ok(Math.max(...later) - Math.min(...later) <= 10_000, String(moved));
  assert.ok(Math.min(...later) >= (5 * 160_000) / 10 - 10_000, String(moved));
});

test('a newcomer with little to say need not wait for those with much', (t) => {
  const { throttle, pass } = clocked(t, 160_000);
  for (let n = 0; n < 5; n += 1) throttle.join(new Backlog(10 * MIB));
  pass(100);
  const newcomer = new Backlog(100);
  throttle.join(newcomer);
  // One turn of 10,000 bytes for each of the five, and its own.
  pass(320);
  assert.equal(newcomer.held, 0);
});

test('who leaves gets no more turns, and the others get them', (t) => {
  const { throttle, pass } = clocked(t, 1000);
  const [one, other] = [new Backlog(MIB), new Backlog(MIB)];
  throttle.join(one);
  throttle.join(other);
  throttle.leave(one);
  const { moved } = one;
  pass(10_000);
  assert.equal(one.moved, moved);
  assert.ok(other.moved > 9900);
});

test('no timer is left when the last has left', () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const throttle = new Throttle(1000);
  const direction = new Backlog(MIB);
  throttle.join(direction);
  assert.equal(timers(), before + 1);
  throttle.leave(direction);
  assert.equal(timers(), before);
});

test('no second gets more than two of bytes, and none is wasted while somebody waits', (t) => {
  const joins = fc.array(
    fc.record({ wait: fc.nat({ max: 500 }), held: fc.integer({ min: 1, max: 100_000 }) }),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 1_000_000 }), joins, (bytesPerSecond, newcomers) => {
      const { throttle, pass } = clocked(t, bytesPerSecond);
      const directions: Backlog[] = [];
      const moved = () => directions.reduce((sum, direction) => sum + direction.moved, 0);
      let [lastMoved, lastSecond] = [0, 0];
      for (const { wait, held } of newcomers) {
        pass(wait);
        const direction = new Backlog(held);
        directions.push(direction);
        throttle.join(direction);
      }
      for (let second = 0; second < 3; second += 1) {
        lastMoved = moved();
        pass(1000);
        lastSecond = moved() - lastMoved;
        assert.ok(lastSecond <= 2 * bytesPerSecond);
        const isWaiting = directions.some(({ held }) => held > 0);
        if (isWaiting) assert.ok(lastSecond >= bytesPerSecond * 0.9 - 1, `${lastSecond}`);
      }
      for (const direction of directions) throttle.leave(direction);
    }),
    { numRuns: 30 },
  );
});
