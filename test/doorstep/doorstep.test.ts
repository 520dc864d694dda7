import assert from 'node:assert/strict';
import test from 'node:test';
import {
  Doorstep,
  MOST_IN_ALL,
  MOST_OF_ONE_ADDRESS,
  type Stranger,
} from '#src/doorstep/doorstep.ts';

/** Somebody at the door, and whether he still is. */
interface Visitor extends Stranger {
  n: number;
  isOut: boolean;
}

/** So many visitors, who come one after the other; each has an address of his own unless one is given. */
function visitors(count: number, address?: string): Visitor[] {
  return Array.from({ length: count }, (_, n) => {
    const visitor: Visitor = {
      n,
      address: address ?? `192.0.2.${n}`,
      isOut: false,
      pushOut: () => {
        visitor.isOut = true;
      },
    };
    return visitor;
  });
}

/** A door where nobody is given time to be heard. */
function openDoor(most = MOST_IN_ALL): Doorstep<Visitor> {
  return new Doorstep(most, (act) => act());
}

function out(all: Visitor[]): number[] {
  return all.filter(({ isOut }) => isOut).map(({ n }) => n);
}

test('there is room for so many, and each one more pushes out the one who came first', () => {
  const door = openDoor();
  const all = visitors(MOST_IN_ALL + 2);
  for (const visitor of all.slice(0, -2)) door.enter(visitor);
  assert.deepEqual(out(all), []);
  for (const visitor of all.slice(-2)) door.enter(visitor);
  assert.deepEqual(out(all), [0, 1]);
  assert.equal(door.visitors().length, MOST_IN_ALL);
});

test('who has said who he is waits to be let in, however many of his address come after', () => {
  const door = openDoor();
  const known = visitors(MOST_OF_ONE_ADDRESS * 3, '203.0.113.1');
  for (const visitor of known) {
    door.enter(visitor);
    door.heard(visitor);
  }
  const strangers = visitors(MOST_OF_ONE_ADDRESS + 1, '203.0.113.1');
  for (const visitor of strangers) door.enter(visitor);
  assert.deepEqual([out(known), out(strangers)], [[], [0]]);
  for (const visitor of known) door.leave(visitor);
  assert.equal(door.size, MOST_OF_ONE_ADDRESS);
});

test('those who wait to be let in leave half of the room to others', () => {
  const door = openDoor(10);
  const known = visitors(20);
  for (const visitor of known) {
    door.enter(visitor);
    door.heard(visitor);
  }
  assert.equal(door.size, 10);
  assert.deepEqual(out(known), [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  const [stranger] = visitors(1, '203.0.113.1');
  assert.ok(stranger);
  door.enter(stranger);
  assert.deepEqual([stranger.isOut, door.size], [false, 10]);
});

test('one address pushes out its own, and nobody else', () => {
  const door = openDoor();
  const [other] = visitors(1);
  assert.ok(other);
  door.enter(other);
  const flood = visitors(MOST_OF_ONE_ADDRESS * 3, '203.0.113.1');
  for (const visitor of flood) door.enter(visitor);
  assert.equal(out(flood).length, MOST_OF_ONE_ADDRESS * 2);
  assert.equal(flood.at(-1)?.isOut, false);
  assert.equal(other.isOut, false);
});

test('who has left makes room, and cannot be pushed out any more', () => {
  const door = openDoor();
  const all = visitors(MOST_OF_ONE_ADDRESS + 1, '203.0.113.1');
  for (const visitor of all.slice(0, -1)) door.enter(visitor);
  for (const visitor of all.slice(0, 1)) door.leave(visitor);
  for (const visitor of all.slice(-1)) door.enter(visitor);
  assert.deepEqual(out(all), []);
});

test('leaving twice, or after being pushed out, takes nobody else’s place', () => {
  const door = openDoor(2);
  const all = visitors(3);
  for (const visitor of all) door.enter(visitor);
  for (const visitor of all.slice(0, 2)) {
    door.leave(visitor);
    door.leave(visitor);
  }
  assert.deepEqual(door.visitors(), all.slice(2));
});

test('where less is to be had, there is room for fewer', () => {
  const door = openDoor(3);
  const all = visitors(5);
  for (const visitor of all) door.enter(visitor);
  assert.deepEqual(out(all), [0, 1]);
});

test('nobody is pushed out who is heard in time, however many come at once', () => {
  let thinOut = () => {};
  const door = new Doorstep<Visitor>(MOST_IN_ALL, (act) => {
    thinOut = act;
  });
  const all = visitors(MOST_OF_ONE_ADDRESS * 2, '203.0.113.1');
  for (const visitor of all) door.enter(visitor);
  for (const visitor of all.slice(0, MOST_OF_ONE_ADDRESS)) door.leave(visitor);
  thinOut();
  assert.deepEqual(out(all), []);
});

test('one address may be given more room', () => {
  const door = new Doorstep<Visitor>(MOST_IN_ALL, (act) => act(), 200);
  const all = visitors(201, '192.0.2.1');
  for (const visitor of all) door.enter(visitor);
  assert.deepEqual(out(all), [0]);
});
