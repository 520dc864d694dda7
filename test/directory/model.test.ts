import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from '../support/properties.ts';
import { Hurried, MISTAKES } from './model/mistakes.ts';
import type { Rule } from './model/process.ts';
import { Play, type Scenario, scenarios, THE_RULE } from './model/scenario.ts';

/** Real members on a store, a network and clocks of a model: what is played is days of what can go wrong. */
function isRight(rule: Rule) {
  return fc.property(scenarios, (scenario) => Play.of(scenario, rule).faults.length === 0);
}

describe('at no instant two members serve one name, and generations only grow', () => {
  test('whatever becomes of processes, machines, the network, the store and its answers', () => {
    fc.assert(isRight(THE_RULE), { numRuns: 600, interruptAfterTimeLimit: 8000 });
  });

  test('and that is tried: sessions are counted out, names taken over, tenures prolonged by promises', () => {
    const tallies = fc.sample(scenarios, { numRuns: 60, seed: 1 }).map((s) => {
      return Play.of(s, THE_RULE).tally;
    });
    assert.ok(tallies.filter(({ countedOut }) => countedOut > 0).length > 10);
    assert.ok(tallies.filter(({ takenOver }) => takenOver > 0).length > 10);
    assert.ok(tallies.filter(({ byPromises }) => byPromises > 0).length > 5);
  });
});

describe('the model finds that two serve one name when', () => {
  for (const [mistake, rule] of Object.entries(MISTAKES)) {
    test(mistake, () => {
      const found = fc.check(isRight(rule), { numRuns: 2000, seed: 7, endOnFailure: true });
      const [scenario] = found.counterexample ?? assert.fail('which it does not');
      assert.deepEqual(Play.of(scenario, THE_RULE).faults, [], 'by the mistake, not by the model');
    });
  }
});

describe('a newcomer that a session cannot hear of, as its member lives on the promises of others', () => {
  /** The session has all names; its clock is the slowest, that of the newcomer the fastest. */
  const apart: Scenario = {
    seed: 3,
    rates: [0.81, 1, 1, 1.19],
    steps: [
      { after: 0, act: { what: 'leave', member: 'b', duration: 3000 } },
      { after: 0, act: { what: 'leave', member: 'c', duration: 3000 } },
      { after: 9000, act: { what: 'cut off', member: 'a', duration: 2_000_000 } },
      { after: 1000, act: { what: 'newcomer' } },
      { after: 900_000, act: { what: 'set clock', member: 'a', by: 0 } },
    ],
  };

  test('waits until its tenure is over, however their clocks differ', () => {
    assert.deepEqual(Play.of(apart, THE_RULE).faults, []);
  });

  test('would not, if it waited for as long as that by its own clock', () => {
    const hurried = { ...THE_RULE, vigil: (...seen: [never, never]) => new Hurried(...seen) };
    assert.notDeepEqual(Play.of(apart, hurried).faults, []);
  });
});
