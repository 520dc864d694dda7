import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedCounters } from '#src/data-plane/linux/shared-counters.ts';

test('what one thread adds another reads, each figure in its place', () => {
  const reader = new SharedCounters();
  const writer = new SharedCounters(reader.memory);
  const { ended, refused, ...others } = reader.read();
  const fields = [ended, refused, others].flatMap(Object.keys);
  assert.equal(new Set(fields).size, 15);
  for (const [n, field] of fields.entries()) {
    writer.add(field as Parameters<typeof writer.add>[0], n + 1);
  }
  const read = reader.read();
  const values = [read.ended, read.refused];
  assert.deepEqual(
    { ...values[0], ...values[1], ...read, ended: undefined, refused: undefined },
    {
      ...Object.fromEntries(fields.map((field, n) => [field, n + 1])),
      ended: undefined,
      refused: undefined,
    },
  );
});

test('bytes are counted beyond 32 bits', () => {
  const counters = new SharedCounters();
  counters.add('bytesToClient', 2 ** 40);
  counters.add('bytesToClient', 1);
  assert.equal(counters.read().bytesToClient, 2 ** 40 + 1);
});
