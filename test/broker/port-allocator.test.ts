import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { PortAllocator } from '#src/broker/port-allocator.ts';

const NONE: ReadonlySet<number> = new Set();

test('without a range the system picks, as often as it is asked', () => {
  const ports = new PortAllocator(undefined);
  assert.deepEqual([ports.take(NONE), ports.take(NONE)], [0, 0]);
  ports.give(0);
  assert.equal(ports.take(NONE), 0);
});

test('both ends of the range are used, lowest first, and then there is none', () => {
  const ports = new PortAllocator({ from: 4000, to: 4002 });
  const taken = [1, 2, 3, 4].map(() => ports.take(NONE));
  assert.deepEqual(taken, [4000, 4001, 4002, undefined]);
});

test('a range of one port serves one registration after the other', () => {
  const ports = new PortAllocator({ from: 65535, to: 65535 });
  assert.equal(ports.take(NONE), 65535);
  assert.equal(ports.take(NONE), undefined);
  ports.give(65535);
  assert.equal(ports.take(NONE), 65535);
});

test('a port that came free is used again before a higher one', () => {
  const ports = new PortAllocator({ from: 4000, to: 4009 });
  for (let n = 0; n < 5; n += 1) ports.take(NONE);
  ports.give(4003);
  ports.give(4001);
  assert.deepEqual([ports.take(NONE), ports.take(NONE), ports.take(NONE)], [4001, 4003, 4005]);
});

test('a port that something else holds is passed over, but not for good', () => {
  const ports = new PortAllocator({ from: 4000, to: 4002 });
  assert.equal(ports.take(new Set([4000, 4001])), 4002);
  assert.equal(ports.take(NONE), 4000);
});

test('when something else holds every port there is none to give', () => {
  const ports = new PortAllocator({ from: 4000, to: 4001 });
  assert.equal(ports.take(new Set([4000, 4001])), undefined);
  assert.equal(ports.take(NONE), 4000);
});

const FROM = 4000;
const TO = 4007;
const port = fc.integer({ min: FROM, max: TO });
const steps = fc.array(
  fc.oneof(fc.record({ take: fc.uniqueArray(port) }), fc.record({ give: port })) as fc.Arbitrary<{
    take?: number[];
    give?: number;
  }>,
  { maxLength: 60 },
);

test('no port is ever held twice, and each answer is the lowest that is free', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const ports = new PortAllocator({ from: FROM, to: TO });
      const held = new Set<number>();
      for (const { take, give } of story) {
        if (give !== undefined) {
          ports.give(give);
          held.delete(give);
          continue;
        }
        const all = Array.from({ length: TO - FROM + 1 }, (_, n) => FROM + n);
        const free = all.filter((p) => !held.has(p) && !take?.includes(p));
        const got = ports.take(new Set(take));
        assert.equal(got, free[0]);
        if (got !== undefined) held.add(got);
      }
    }),
  );
});
