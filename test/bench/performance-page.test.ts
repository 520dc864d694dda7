import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fillIn, generatedParts } from '../../bench/report/page.ts';
import { cpuPlot, throughputPlot } from '../../bench/report/plots.ts';
import type { Run } from '../../bench/results.ts';

describe('docs/performance.md', () => {
  test('shows what its file of results says', async () => {
    const page = await readFile('docs/performance.md', 'utf8');
    const file = /\(\.\.\/bench\/results\/(\S+\.json)\)/.exec(page)?.[1] ?? '';
    const run = JSON.parse(await readFile(`bench/results/${file}`, 'utf8')) as Run;
    assert.equal(page, fillIn(page, generatedParts(run, file)));
    assert.equal(await readFile('docs/performance/throughput.svg', 'utf8'), throughputPlot(run));
    assert.equal(await readFile('docs/performance/cpu.svg', 'utf8'), cpuPlot(run));
  });
});
