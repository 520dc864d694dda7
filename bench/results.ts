import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';
import type { Options } from './options.ts';
import { median } from './stats.ts';

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
export class Results {
  readonly #series = new Map<string, Series>();

  add(key: Omit<Series, 'median' | 'samples'>, round: number, value: number): void {
    if (Number.isNaN(value)) return;
    const id = [key.workload, key.figure, key.relay].join('/');
    const series = this.#series.get(id) ?? { ...key, median: 0, samples: [] };
    series.samples.push({ round, value });
    series.median = median(series.samples.map((sample) => sample.value));
    this.#series.set(id, series);
  }

  median(workload: string, figure: string, relay: string): number | undefined {
    return this.#series.get([workload, figure, relay].join('/'))?.median;
  }

  /** Returns the file's path. */
  save(machine: Machine, options: Options, versions: Record<string, string>): string {
    const date = new Date().toISOString();
    const { rounds, seconds, idlePairs } = options;
    const folder = new URL('results/', import.meta.url);
    const file = new URL(`${date.slice(0, 19).replaceAll(':', '-')}.json`, folder);
    const settings = { rounds, seconds, idlePairs };
    const content = { date, machine, versions, settings, series: [...this.#series.values()] };
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
    return fileURLToPath(file);
  }
}
