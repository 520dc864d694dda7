import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { PipePool } from '#src/data-plane/linux/loop/pipe-pool.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Empty pipes that are kept. */
const MOST_IDLE = 16;

function poolWith(descriptors: number) {
  const budget = new DescriptorBudget(descriptors);
  let spent = 0;
  const pool = new PipePool(budget, () => {
    spent += 1;
  });
  return { pool, budget, spent: () => spent };
}

/** Ends of pipes that are open here. Of other descriptors, Node's threads open and close some at any time. */
function pipeEnds(): number {
  return readdirSync('/proc/self/fd').filter(isPipe).length;
}

function isPipe(descriptor: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('pipe:');
  } catch {
    // That of the folder itself is closed by now.
    return false;
  }
}

test('a pipe that was given back is taken again', () => {
  const { pool, budget } = poolWith(100);
  const pipe = pool.take();
  assert.ok(pipe !== undefined && pipe.size >= 64 * KIB);
  pool.give(pipe);
  assert.equal(pool.take(), pipe);
  assert.equal(budget.free, 98);
  pool.discard(pipe);
  assert.equal(budget.free, 100);
});

test('a few empty pipes are kept and the others closed, as are all in the end', () => {
  const before = pipeEnds();
  const { pool, budget } = poolWith(200);
  const pipes = Array.from({ length: 2 * MOST_IDLE }, () => pool.take());
  assert.equal(pipeEnds(), before + 4 * MOST_IDLE);
  for (const pipe of pipes) if (pipe !== undefined) pool.give(pipe);
  assert.equal(pipeEnds(), before + 2 * MOST_IDLE);
  assert.equal(budget.free, 200 - 2 * MOST_IDLE);
  pool.close();
  assert.equal(pipeEnds(), before);
  assert.equal(budget.free, 200);
});

test('without descriptors there is no pipe, and none is missing later', () => {
  const before = pipeEnds();
  const { pool, budget, spent } = poolWith(5);
  const pipes = [pool.take(), pool.take(), pool.take()];
  assert.deepEqual(
    pipes.map((pipe) => pipe !== undefined),
    [true, true, false],
  );
  assert.equal(spent(), 1);
  assert.equal(budget.free, 1);
  for (const pipe of pipes) if (pipe !== undefined) pool.give(pipe);
  assert.ok(pool.take() !== undefined);
  pool.close();
  assert.equal(budget.free, 3, 'one is in use');
  assert.equal(pipeEnds(), before + 2);
});

test('all pipes of a thread hold no more than 64 MiB', () => {
  const { pool, spent } = poolWith(5000);
  const pipes = [];
  for (let pipe = pool.take(); pipe !== undefined; pipe = pool.take()) pipes.push(pipe);
  assert.equal(spent(), 1);
  const size = pipes.reduce((sum, pipe) => sum + pipe.size, 0);
  assert.ok(size <= 64 * MIB, `${size / MIB} MiB`);
  assert.ok(pipes.length > 64);
  const [pipe] = pipes;
  if (pipe !== undefined) pool.discard(pipe);
  assert.ok(pool.take() !== undefined, 'there is room again');
  for (const each of pipes.slice(1)) pool.discard(each);
});
