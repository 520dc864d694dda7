import assert from 'node:assert/strict';
import test from 'node:test';
import { choosePort, type PortWish } from '#src/broker/access/ports.ts';
import type { PortRange } from '#src/options/values.ts';
import fc from '../../support/properties.ts';

const NONE: ReadonlySet<number> = new Set();
const ALLOWED = [{ from: 4000, to: 4002 }];

/** The candidates in their order, or why there is none. */
function chosen(
  wish: PortWish,
  allowed?: readonly PortRange[],
  taken: ReadonlySet<number> = NONE,
): number[] | string {
  const { candidates, refusal } = choosePort(wish, allowed, taken);
  const ports = [...candidates];
  return ports.length > 0 ? ports : refusal;
}

test('who asks for nothing gets what the system picks, or the lowest free port that is allowed', () => {
  assert.deepEqual(chosen({}), [0]);
  assert.deepEqual(chosen({}, ALLOWED), [4000, 4001, 4002]);
  assert.deepEqual(chosen({}, ALLOWED, new Set([4000])), [4001, 4002]);
  assert.equal(chosen({}, ALLOWED, new Set([4000, 4001, 4002])), 'no-port');
});

test('which are tried first can be said, where several will do', () => {
  assert.deepEqual(chosen({ order: { from: 4001 } }, ALLOWED), [4001, 4002, 4000]);
  assert.deepEqual(chosen({ order: { from: 5000 } }, ALLOWED), [4000, 4001, 4002]);
  assert.deepEqual(chosen({ order: { from: 4002 } }, ALLOWED, new Set([4001])), [4002, 4000]);
  const open = chosen({ order: { from: 65535 } });
  assert.deepEqual([open[0], open[1], open.length], [65535, 1024, 65536 - 1024]);
  // Below these, they are privileged.
  assert.equal(chosen({ order: { from: 81 } })[0], 1024);
});

test('random ones are all of them, and in no order', () => {
  const wide = [{ from: 4000, to: 4999 }];
  const [one, other] = [chosen({ order: 'random' }, wide), chosen({ order: 'random' }, wide)];
  assert.ok(Array.isArray(one));
  assert.notDeepEqual(one, other);
  assert.deepEqual(one.toSorted(), chosen({}, wide));
  assert.deepEqual(chosen({ order: 'random' }), [0]);
});

test('a port is given if it is free, and another one never instead', () => {
  assert.deepEqual(chosen({ port: 4001 }, ALLOWED), [4001]);
  assert.equal(chosen({ port: 4001 }, ALLOWED, new Set([4001])), 'port-taken');
  assert.equal(chosen({ port: 4003 }, ALLOWED), 'port-forbidden');
  assert.equal(chosen({ port: 4003 }, ALLOWED, new Set([4003])), 'port-forbidden');
});

test('of a range, what is allowed is tried', () => {
  assert.deepEqual(chosen({ ports: { from: 4001, to: 4999 } }, ALLOWED), [4001, 4002]);
  assert.equal(
    chosen({ ports: { from: 4001, to: 4999 } }, ALLOWED, new Set([4001, 4002])),
    'port-taken',
  );
  assert.equal(chosen({ ports: { from: 4003, to: 4999 } }, ALLOWED), 'port-forbidden');
});

test('a privileged port is given only where it is named', () => {
  assert.equal(chosen({ port: 1023 }), 'port-forbidden');
  assert.deepEqual(chosen({ port: 1024 }), [1024]);
  assert.deepEqual(chosen({ ports: { from: 1, to: 1025 } }), [1024, 1025]);
  assert.deepEqual(chosen({ preferredPort: 80 }), [0]);
  assert.deepEqual(chosen({ port: 443 }, [{ from: 443, to: 443 }]), [443]);
});

test('a preferred port comes first, if it may be had, and then any other', () => {
  assert.deepEqual(chosen({ preferredPort: 5000 }), [5000, 0]);
  assert.deepEqual(chosen({ preferredPort: 5000 }, undefined, new Set([5000])), [0]);
  assert.deepEqual(chosen({ preferredPort: 4001 }, ALLOWED), [4001, 4000, 4002]);
  assert.deepEqual(chosen({ preferredPort: 4001 }, ALLOWED, new Set([4001])), [4000, 4002]);
  assert.deepEqual(chosen({ preferredPort: 5000 }, ALLOWED), [4000, 4001, 4002]);
  const ports = { from: 4000, to: 4001 };
  assert.deepEqual(chosen({ ports, preferredPort: 4001 }, ALLOWED), [4001, 4000]);
  assert.deepEqual(chosen({ port: 4000, preferredPort: 4001 }, ALLOWED), [4000]);
});

test('no port is allowed where the list of those allowed is empty', () => {
  assert.equal(chosen({}, []), 'no-port');
  assert.equal(chosen({ port: 4000 }, []), 'port-forbidden');
});

test('ranges may overlap and come in any order', () => {
  const ranges = [
    { from: 4002, to: 4004 },
    { from: 4000, to: 4003 },
    { from: 4001, to: 4001 },
  ];
  assert.deepEqual(chosen({}, ranges), [4000, 4001, 4002, 4003, 4004]);
});

const port = fc.integer({ min: 1020, max: 1040 });
const range = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const holds = ({ from, to }: PortRange, port: number) => port >= from && port <= to;

test('whatever is asked for, each candidate is allowed, wanted, free and tried once', () => {
  const wishes = fc.record(
    { port: port, ports: range, preferredPort: port },
    { requiredKeys: [] },
  ) as fc.Arbitrary<PortWish>;
  const lists = fc.option(fc.array(range, { maxLength: 4 }), { nil: undefined });
  fc.assert(
    fc.property(wishes, lists, fc.uniqueArray(port), (wish, allowed, taken) => {
      const ports = chosen(wish, allowed, new Set(taken));
      if (typeof ports === 'string') return;
      assert.equal(new Set(ports).size, ports.length);
      for (const given of ports) {
        if (given === 0) {
          assert.deepEqual([allowed, wish.port, wish.ports], [undefined, undefined, undefined]);
          continue;
        }
        const open = allowed ?? [{ from: 1024, to: 65535 }];
        assert.ok(open.some((range) => holds(range, given)));
        assert.ok(!taken.includes(given));
        if (wish.port !== undefined) assert.equal(given, wish.port);
        else if (wish.ports !== undefined) assert.ok(holds(wish.ports, given));
      }
    }),
  );
});
