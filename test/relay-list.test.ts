import assert from 'node:assert/strict';
import test from 'node:test';
import { RelayList } from '#src/relay-list.ts';
import fc from './support/properties.ts';

const RELAYS = ['a:1', 'b:1', 'c:1'];

/** The order in which a list is gone through. */
function orderOf(list: RelayList): string[] {
  return Array.from({ length: list.size }, () => {
    const { current } = list;
    list.leave(current);
    return current;
  });
}

/** Gives these numbers one after the other, and then 0. */
function drawn(...numbers: number[]): () => number {
  return () => numbers.shift() ?? 0;
}

test('every order can be drawn, by one way each: all are as likely', () => {
  const thirds = [0, 0.34, 0.99];
  const orders = thirds.flatMap((first) =>
    [0, 0.5].map((second) => orderOf(new RelayList(RELAYS, drawn(first, second))).join()),
  );
  assert.equal(new Set(orders).size, 6);
});

test('whatever is drawn, a list is gone through from end to end, around and around', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const list = new RelayList(RELAYS, () => random);
      const order = orderOf(list);
      assert.deepEqual(order.toSorted(), RELAYS);
      assert.deepEqual(orderOf(list), order);
    }),
  );
});

test('a relay that is left by two at the same time is left once', () => {
  const list = new RelayList(RELAYS, () => 0);
  list.leave('a:1');
  list.leave('a:1');
  assert.equal(list.current, 'b:1');
});

test('one that is turned to is gone on from, and one that is not in the list changes nothing', () => {
  const list = new RelayList(RELAYS, () => 0);
  list.turnTo('c:1');
  list.turnTo('d:1');
  assert.deepEqual(orderOf(list), ['c:1', 'a:1', 'b:1']);
});

test('one that is given twice is there once, and one alone is gone to again', () => {
  const list = new RelayList(['a:1', 'a:1']);
  assert.equal(list.size, 1);
  list.leave('a:1');
  assert.equal(list.current, 'a:1');
});
