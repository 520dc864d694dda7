import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fillIn, generatedParts } from './report/page.ts';
import { cpuPlot, throughputPlot } from './report/plots.ts';
import type { Run } from './results.ts';

/** Brings docs/performance.md and its plots up to a file of results. */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: document.ts <results/….json>');

const run = JSON.parse(readFileSync(file, 'utf8')) as Run;
const docs = new URL('../docs/', import.meta.url);
const page = new URL('performance.md', docs);
mkdirSync(new URL('performance/', docs), { recursive: true });
writeFileSync(page, fillIn(readFileSync(page, 'utf8'), generatedParts(run, basename(file))));
writeFileSync(new URL('performance/throughput.svg', docs), throughputPlot(run));
writeFileSync(new URL('performance/cpu.svg', docs), cpuPlot(run));
