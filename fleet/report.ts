import { writeFileSync } from 'node:fs';
import { plainTable } from '../bench/report/tables.ts';
import { quantile } from '../bench/stats.ts';

export interface Measure {
  scenario: string;
  what: string;
  value: number;
  unit: string;
}

/** What a run found out, in the order in which it did. */
export class Report {
  readonly #measures: Measure[] = [];

  add(scenario: string, what: string, value: number, unit: string): void {
    this.#measures.push({ scenario, what, value, unit });
  }

  /** Half of them, nearly all and all of them. */
  addSeconds(scenario: string, what: string, milliseconds: number[]): void {
    for (const [words, share] of SHARES) {
      this.add(scenario, `${what}, ${words}`, quantile(milliseconds, share) / 1000, 's');
    }
  }

  /** As a table to read. */
  get table(): string {
    const rows = this.#measures.map(({ scenario, what, value, unit }) => [
      scenario,
      what,
      unit === '' ? String(value) : `${Number(value.toPrecision(3))} ${unit}`,
    ]);
    return plainTable([['Scenario', 'What', 'Measured'], ...rows]);
  }

  save(file: string): void {
    writeFileSync(file, `${JSON.stringify(this.#measures, undefined, 2)}\n`);
  }
}

const SHARES = [
  ['half of them', 0.5],
  ['99 of 100', 0.99],
  ['all', 1],
] as const;
