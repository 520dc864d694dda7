import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Alarm } from '#src/data-plane/portable/alarm.ts';

/** An alarm, the moments at which it went off, and when it has done so twice. */
function alarm(next = Number.POSITIVE_INFINITY) {
  const wentOff: number[] = [];
  let resolve: () => void = () => {};
  const twice = new Promise<void>((done) => {
    resolve = done;
  });
  const set = new Alarm((now) => {
    wentOff.push(now);
    if (wentOff.length === 2) resolve();
    return wentOff.length === 1 ? next : Number.POSITIVE_INFINITY;
  });
  return { set, wentOff, twice };
}

test('of several moments the earliest counts, in whatever order they are set', async () => {
  const now = performance.now();
  const { set, wentOff, twice } = alarm(now + 60);
  // Were it any other of these, the test would take too long.
  for (const moment of [now + 500_000, now + 20, now + 400_000]) set.at(moment);
  await twice;
  for (const [n, due] of [20, 60].entries()) {
    const at = (wentOff[n] ?? 0) - now;
    // Timers count from the beginning of the turn, which is a while ago on a busy machine.
    assert.ok(at >= due / 2, `${at} ms`);
  }
});

test('it does not go off once it is stopped, nor can it be set again', async () => {
  const { set, wentOff } = alarm();
  set.at(performance.now() + 10);
  set.stop();
  set.at(performance.now());
  await delay(30);
  assert.deepEqual(wentOff, []);
});

test('a moment farther off than a timer can be set to is waited for', async (t) => {
  const { set, wentOff } = alarm();
  t.after(() => set.stop());
  set.at(performance.now() + 2 ** 40);
  set.at(Number.POSITIVE_INFINITY);
  await delay(20);
  assert.deepEqual(wentOff, []);
});

test('a moment that has passed is due at once, which is nothing to warn of', async (t) => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  t.after(() => process.off('warning', warned));
  const { set, twice } = alarm(0);
  set.at(performance.now() - 1);
  await twice;
  assert.deepEqual(warnings, []);
});
