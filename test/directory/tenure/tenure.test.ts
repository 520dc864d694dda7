import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Tenure } from '#src/directory/tenure/tenure.ts';
import { RENEWAL, TENURE, WITHOUT_STORE } from '#src/directory/tenure/times.ts';

/** A session that was renewed at 0, and knows these. */
function tenureOf(...knows: string[]): Tenure {
  const tenure = new Tenure();
  tenure.granted(tenure.renew(knows, 0));
  return tenure;
}

describe('a tenure by renewals', () => {
  test('begins with the first that is granted', () => {
    const tenure = new Tenure();
    const first = tenure.renew([], 0);
    assert.equal(tenure.holds(1), false);
    tenure.granted(first);
    assert.equal(tenure.holds(1), true);
  });

  test('runs from the moment of asking, not of the answer', () => {
    const tenure = tenureOf();
    const second = tenure.renew([], RENEWAL);
    assert.equal(tenure.remaining(1000), TENURE - 1000);
    tenure.granted(second);
    assert.equal(tenure.remaining(1000), TENURE - 1000 + RENEWAL);
    assert.equal(tenure.holds(RENEWAL + TENURE - 1), true);
    assert.equal(tenure.holds(RENEWAL + TENURE), false);
  });

  test('does not go back with an answer that comes late', () => {
    const tenure = tenureOf();
    const second = tenure.renew([], 500);
    tenure.granted(tenure.renew([], 1000));
    tenure.granted(second);
    assert.equal(tenure.remaining(1000), TENURE);
  });
});

describe('a tenure by promises', () => {
  test('is asked for when a renewal is not answered in time, and as long as it can count', () => {
    const tenure = tenureOf();
    assert.equal(tenure.needsPromises(RENEWAL), false);
    assert.equal(tenure.needsPromises(2 * RENEWAL), true);
    assert.equal(tenure.needsPromises(WITHOUT_STORE), false);
    assert.equal(new Tenure().needsPromises(2 * RENEWAL), false);
  });

  test('takes those of all that the entry lists, and runs from before the first was asked', () => {
    const tenure = tenureOf('a:1', 'b:1');
    const round = tenure.ask(1000);
    assert.deepEqual(round.missing, ['a:1', 'b:1']);
    tenure.promised(round, 'a:1');
    assert.equal(tenure.remaining(1500), TENURE - 1500);
    tenure.promised(round, 'b:1');
    assert.equal(tenure.remaining(1500), TENURE - 500);
  });

  test('takes those of all that it may list, as long as nobody can tell which renewal was written', () => {
    const tenure = tenureOf('a:1');
    tenure.renew(['b:1'], 500);
    const third = tenure.renew(['c:1'], 1000);
    assert.deepEqual(tenure.ask(1500).missing, ['a:1', 'b:1', 'c:1']);
    tenure.granted(third);
    assert.deepEqual(tenure.ask(2000).missing, ['c:1']);
  });

  test('takes nobody’s where the session knows nobody', () => {
    const tenure = tenureOf();
    tenure.ask(1000);
    assert.equal(tenure.remaining(1000), TENURE);
  });

  test('does not go back when an older round is complete', () => {
    const tenure = tenureOf('a:1');
    const [older, newer] = [tenure.ask(1000), tenure.ask(1500)];
    tenure.promised(newer, 'a:1');
    tenure.promised(older, 'a:1');
    assert.equal(tenure.remaining(1500), TENURE);
  });

  test('can come back after it lapsed, and ends when the store was away for too long', () => {
    const tenure = tenureOf('a:1');
    assert.equal(tenure.holds(TENURE), false);
    tenure.promised(tenure.ask(5000), 'a:1');
    assert.equal(tenure.holds(5000), true);
    tenure.promised(tenure.ask(WITHOUT_STORE - 1), 'a:1');
    assert.equal(tenure.remaining(WITHOUT_STORE - 1), 1);
  });
});
