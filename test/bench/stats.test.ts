import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { median, quantile } from '../../bench/stats.ts';

describe('quantile', () => {
  test('is the nearest value that was measured', () => {
    assert.equal(quantile([4, 1, 3, 2], 0.5), 2);
    assert.equal(quantile([4, 1, 3, 2], 0.99), 4);
  });

  test('of nothing is not a number', () => assert.ok(Number.isNaN(quantile([], 0.5))));
});

describe('median', () => {
  test('is the middle value', () => assert.equal(median([9, 1, 5]), 5));
  test('is the mean of the middle two', () => assert.equal(median([9, 1, 5, 7]), 6));
});
