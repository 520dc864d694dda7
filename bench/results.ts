import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';
import { median } from './stats.ts';

/** All that one run found out: the content of a file in results/. */
export interface Run {
  date: string;
  machine: Machine;
  /** By relay, in the order of the columns. */
  versions: Record<string, string>;
  settings: { rounds: number; seconds: number };
  series: Series[];
  /** Measurements that broke off, in words. */
  failures: string[];
}

/** One figure of one workload over one relay. */
export interface Series {
  workload: string;
  figure: string;
  unit: string;
  relay: string;
  median: number;
  /** Not bare numbers, which biome's format would fill into lines unlike JSON.stringify's. */
  samples: { round: number; value: number }[];
}

/** Collects samples by round. */
export class Samples {
  readonly #series = new Map<string, Series>();

  add(key: Omit<Series, 'median' | 'samples'>, round: number, value: number): void {
    if (!Number.isFinite(value)) return;
    const id = [key.workload, key.figure, key.relay].join('/');
    const series = this.#series.get(id) ?? { ...key, median: 0, samples: [] };
    series.samples.push({ round, value });
    series.median = median(series.samples.map((sample) => sample.value));
    this.#series.set(id, series);
  }

  get series(): Series[] {
    return [...this.#series.values()];
  }
}

/** Returns the file's path. */
export function save(run: Run): string {
  const folder = new URL('results/', import.meta.url);
  const file = new URL(`${run.date.slice(0, 19).replaceAll(':', '-')}.json`, folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(run, undefined, 2)}\n`);
  return fileURLToPath(file);
}
