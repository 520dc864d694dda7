import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Gathering } from '#src/yamux/gathering.ts';

const KIB = 1024;

/** Takes down what it gets. */
class Reader {
  readonly got: string[] = [];

  received(bytes: Buffer): void {
    this.got.push(String(bytes));
  }
}

test('what comes in one turn is passed on as one', async () => {
  const [gathering, reader] = [new Gathering(), new Reader()];
  for (const part of ['one', 'or', 'another']) gathering.add(reader, Buffer.from(part));
  assert.deepEqual(reader.got, []);
  await turn();
  assert.deepEqual(reader.got, ['oneoranother']);
  gathering.add(reader, Buffer.from('later'));
  await turn();
  assert.deepEqual(reader.got, ['oneoranother', 'later']);
});

test('what is asked for is not passed on again', async () => {
  const [gathering, reader] = [new Gathering(), new Reader()];
  gathering.add(reader, Buffer.from('now'));
  gathering.passOn();
  assert.deepEqual(reader.got, ['now']);
  gathering.passOn();
  await turn();
  assert.deepEqual(reader.got, ['now']);
});

test('streams get theirs in the order in which it came', async () => {
  const gathering = new Gathering();
  const got: string[] = [];
  const [one, other] = ['one', 'other'].map((name) => ({
    received: (bytes: Buffer) => got.push(`${name}: ${bytes}`),
  }));
  assert.ok(one && other);
  gathering.add(one, Buffer.from('a'));
  gathering.add(other, Buffer.from('b'));
  gathering.add(one, Buffer.from('c'));
  await turn();
  assert.deepEqual(got, ['one: a', 'other: b', 'one: c']);
});

test('no more is kept than is worth it', () => {
  const [gathering, reader] = [new Gathering(), new Reader()];
  for (let n = 0; n < 5; n += 1) gathering.add(reader, Buffer.alloc(16 * KIB));
  assert.deepEqual(
    reader.got.map(({ length }) => length),
    [64 * KIB],
  );
});

test('single octets are passed on before they are many', () => {
  const [gathering, reader] = [new Gathering(), new Reader()];
  for (let n = 0; n < 1000; n += 1) gathering.add(reader, Buffer.from('x'));
  assert.ok(reader.got.length >= 10, `${reader.got.length} times`);
});

test('who gets something may ask for the rest', async () => {
  const gathering = new Gathering();
  const got: string[] = [];
  const reader = {
    received(bytes: Buffer) {
      got.push(String(bytes));
      gathering.passOn();
    },
  };
  gathering.add(reader, Buffer.from('all'));
  await turn();
  assert.deepEqual(got, ['all']);
});
