import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedCounters } from '#src/data-plane/shared-counters.ts';

type Figure = Parameters<SharedCounters['add']>[0];
type Ending = Parameters<SharedCounters['ended']>[0];
type Refusal = Parameters<SharedCounters['refused']>[0];

test('what one thread adds another reads, each figure in its place', () => {
  const reader = new SharedCounters();
  const writer = new SharedCounters(reader.memory);
  const { ended, refused, ...figures } = reader.read();
  let written = 0;
  const times = (add: () => void) => {
    written += 1;
    for (let n = 0; n < written; n += 1) add();
  };
  for (const figure of Object.keys(figures)) times(() => writer.add(figure as Figure, 1));
  for (const ending of Object.keys(ended)) times(() => writer.ended(ending as Ending));
  for (const cause of Object.keys(refused)) times(() => writer.refused(cause as Refusal));
  assert.equal(written, 31);
  const read = reader.read();
  const values = [{ ...read, ended: {}, refused: {} }, read.ended, read.refused].flatMap((group) =>
    Object.values(group).filter((value) => typeof value === 'number'),
  );
  assert.deepEqual(
    values,
    Array.from({ length: written }, (_, n) => n + 1),
  );
});

test('bytes are counted beyond 32 bits', () => {
  const counters = new SharedCounters();
  counters.add('bytesToClient', 2 ** 40);
  counters.add('bytesToClient', 1);
  assert.equal(counters.read().bytesToClient, 2 ** 40 + 1);
});
