import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bar, judge } from '../../bench/report/bars.ts';

const of =
  (medians: Record<string, number>) =>
  (_workload: string, _figure: string, relay: string): number | undefined =>
    medians[relay];

describe('a bar', () => {
  const figure = { workload: 'bulk-1', figure: 'throughput' };

  test('holds when the ratio to the peer reaches it', () => {
    const bar: Bar = { ...figure, against: ['bore'], atLeast: 1.5 };
    assert.deepEqual(judge(bar, of({ ours: 3, bore: 2 })), { value: 1.5, holds: true });
    assert.deepEqual(judge(bar, of({ ours: 2, bore: 2 })), { value: 1, holds: false });
  });

  test('takes the better of several peers', () => {
    const cheap: Bar = { ...figure, against: ['bore', 'rathole'], atMost: 1 };
    assert.deepEqual(judge(cheap, of({ ours: 4, bore: 2, rathole: 8 })), {
      value: 2,
      holds: false,
    });
    const fast: Bar = { ...figure, against: ['bore', 'rathole'], atLeast: 1 };
    assert.deepEqual(judge(fast, of({ ours: 4, bore: 2, rathole: 8 })), {
      value: 0.5,
      holds: false,
    });
  });

  test('may be about another column of ours', () => {
    const bar: Bar = { ...figure, of: 'ours, watched', against: ['ours'], atMost: 1.25 };
    const median = of({ ours: 2, 'ours, watched': 3 });
    assert.deepEqual(judge(bar, median), { value: 1.5, holds: false });
  });

  test('without a peer bounds the figure itself', () => {
    assert.deepEqual(judge({ ...figure, atMost: 3 }, of({ ours: 2 })), { value: 2, holds: true });
  });

  test('says nothing when a peer was not measured', () => {
    const bar: Bar = { ...figure, against: ['bore', 'rathole'], atMost: 1 };
    assert.equal(judge(bar, of({ ours: 4, bore: 2 })), undefined);
  });
});
