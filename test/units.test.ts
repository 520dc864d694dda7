import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, duration, rate, several } from '#src/units.ts';

test('sizes have three digits at most, and never 1000 of a unit', () => {
  const sizes = [0, 7, 999, 1000, 1024, 1536, 10_240, 102_400, 1_022_976, 1_048_576, 5 * 2 ** 40];
  assert.deepEqual(sizes.map(bytes), [
    '0 B',
    '7 B',
    '999 B',
    '0.98 KiB',
    '1.00 KiB',
    '1.50 KiB',
    '10.0 KiB',
    '100 KiB',
    '999 KiB',
    '1.00 MiB',
    '5.00 TiB',
  ]);
  assert.equal(bytes(9.997 * 1024), '10.0 KiB');
  assert.equal(bytes(99.97 * 1024), '100 KiB');
});

test('a rate that is not known is not zero', () => {
  assert.deepEqual([rate(undefined), rate(0)], ['–', '0 B/s']);
});

test('times have their two largest units, and are never negative', () => {
  const times = [-3, 0, 59.9, 60, 3599, 3600, 86_399, 86_400, 90_061];
  assert.deepEqual(times.map(duration), [
    '0 s',
    '0 s',
    '59 s',
    '1 min 0 s',
    '59 min 59 s',
    '1 h 0 min',
    '23 h 59 min',
    '1 d 0 h',
    '1 d 1 h',
  ]);
});

test('one is no plural', () => {
  assert.deepEqual(
    [several(1, 'client'), several(12_345, 'client')],
    ['1 client', '12,345 clients'],
  );
});
