import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import fc from '../support/properties.ts';

const onLinux = { skip: process.platform !== 'linux' && 'needs /proc' };

test('a request that does not fit takes nothing', () => {
  const budget = new DescriptorBudget(3);
  assert.equal(budget.take(4), false);
  assert.equal(budget.free, 3);
  assert.equal(budget.take(3), true);
  assert.equal(budget.free, 0);
});

test('what is given back can be taken again', () => {
  const budget = new DescriptorBudget(2);
  budget.take(2);
  assert.equal(budget.take(1), false);
  budget.give(2);
  assert.equal(budget.take(2), true);
});

test('no order of taking and giving hands out more than there was', () => {
  const requests = fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 5 }), give: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.nat(20), requests, (total, story) => {
      const budget = new DescriptorBudget(total);
      const held: number[] = [];
      const sum = () => held.reduce((a, b) => a + b, 0);
      for (const { count, give } of story) {
        if (give) budget.give(held.pop() ?? 0);
        else if (budget.take(count)) held.push(count);
        else assert.ok(sum() + count > total, 'refused although there was room');
        assert.ok(sum() <= total);
        assert.equal(budget.free, total - sum());
      }
    }),
  );
});

test('a process that is already over its limit can take nothing', () => {
  assert.equal(new DescriptorBudget(-5).take(1), false);
});

test('everybody in a process shares one budget', () => {
  assert.equal(DescriptorBudget.ofProcess(), DescriptorBudget.ofProcess());
});

test('threads that share a budget together never hold more than there was', async () => {
  const total = 5;
  const budget = new DescriptorBudget(total);
  const held = new Int32Array(new SharedArrayBuffer(4));
  const source = `
    const { parentPort, workerData: { cell, held, url } } = require('node:worker_threads');
    import(url).then(({ DescriptorBudget }) => {
      const budget = new DescriptorBudget(cell);
      let [taken, most] = [0, 0];
      while (taken < 20000) {
        if (!budget.take(2)) continue;
        taken += 1;
        most = Math.max(most, Atomics.add(held, 0, 2) + 2);
        Atomics.sub(held, 0, 2);
        budget.give(2);
      }
      parentPort.postMessage(most);
    });`;
  const url = import.meta.resolve('#src/data-plane/descriptor-budget.ts');
  const workerData = { cell: budget.cell, held, url };
  const threads = Array.from({ length: 3 }, async () => {
    const [most] = await once(new Worker(source, { eval: true, workerData }), 'message');
    return most as number;
  });
  const most = Math.max(...(await Promise.all(threads)));
  assert.ok(most <= total, `${most} of ${total}`);
  assert.equal(budget.free, total);
});

/** Runs a module in a process with this limit on open files; the hard one, since Node raises the soft one to it. */
function withLimit(limit: string, module: string): string {
  const command = `ulimit -n ${limit} && exec "$0" --input-type=module -e "$1"`;
  const source = `import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
    import { openSync } from 'node:fs';
    const { free } = DescriptorBudget.ofProcess();
    ${module}`;
  const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, source], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.equal(stderr, '');
  return stdout.trim();
}

test('the limit of the process bounds its budget', onLinux, () => {
  const small = Number(withLimit('200', 'console.log(free)'));
  const large = Number(withLimit('300', 'console.log(free)'));
  assert.equal(large - small, 100);
  assert.ok(small > 100 && small < 200, `${small} of 200`);
});

test('the whole budget can be opened, and some more for what is not counted', onLinux, () => {
  const open = 'for (let n = 0; n < free + 16; n += 1) openSync("/dev/null"); console.log(free)';
  assert.ok(Number(withLimit('200', open)) > 100);
});
