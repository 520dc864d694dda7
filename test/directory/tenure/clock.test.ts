import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '#src/directory/tenure/clock.ts';

/** Reads the clock after each of these, and answers how far it moved in all. */
function moved(...steps: { monotonic: number; wall: number }[]): number {
  const clocks = { monotonic: 1000, wall: 50_000 };
  const clock = new Clock(() => ({ ...clocks }));
  const start = clock.now();
  let end = start;
  for (const { monotonic, wall } of steps) {
    clocks.monotonic += monotonic;
    clocks.wall += wall;
    end = clock.now();
  }
  return end - start;
}

test('the wall clock tells of the time for which the machine was suspended', () => {
  assert.equal(moved({ monotonic: 10, wall: 40_000 }), 40_000);
});

test('a wall clock that is set back hides nothing: neither what passes, nor a suspension before', () => {
  assert.equal(moved({ monotonic: 500, wall: -40_000 }), 500);
  assert.equal(moved({ monotonic: 10, wall: 5000 }, { monotonic: 20, wall: -6000 }), 5020);
});

test('clocks that differ by a little are not taken for time, however often they are read', () => {
  const ticks = Array.from({ length: 1000 }, (_, n) => ({ monotonic: 0.25, wall: n % 4 ? 0 : 1 }));
  assert.equal(moved(...ticks), 250);
});

test('it is read in milliseconds', () => {
  const clock = new Clock();
  const [before, start] = [Date.now(), clock.now()];
  while (Date.now() < before + 20);
  const passed = clock.now() - start;
  assert.ok(passed >= 18 && passed < 5000, `${passed}`);
});
