import type { Run, Series } from '../results.ts';
import { type Bar, bars, judge } from './bars.ts';
import { mediansOf } from './medians.ts';

/** The medians of a run: a line for each figure, a column for each relay. The first line is the head. */
export function figureRows(run: Run): string[][] {
  const relays = Object.keys(run.versions);
  const median = mediansOf(run);
  const figures = new Map(run.series.map((one) => [`${one.workload}/${one.figure}`, one]));
  const row = ({ workload, figure, unit }: Series) => [
    workload,
    `${figure} (${unit})`,
    ...relays.map((relay) => format(median(workload, figure, relay))),
  ];
  return [['workload', 'figure', ...relays], ...[...figures.values()].map(row)];
}

/** Each bar whose figures were measured, and whether it holds. The first line is the head. */
export function barRows(run: Run): string[][] {
  const median = mediansOf(run);
  const rows = bars.flatMap((bar) => {
    const verdict = judge(bar, median);
    if (verdict === undefined) return [];
    const { value, holds } = verdict;
    const figure = bar.of === undefined ? bar.figure : `${bar.figure}, ${bar.of}`;
    return [[bar.workload, figure, wanted(bar), format(value), holds ? 'pass' : 'MISS']];
  });
  return [['workload', 'figure of ours', 'bar', 'measured', ''], ...rows];
}

function wanted(bar: Bar): string {
  const bound = 'atLeast' in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`;
  const { against = [] } = bar;
  if (against.length === 0) return bound;
  const whose = against.length === 1 ? against[0] : `the better of ${against.join(' and ')}`;
  return `${bound} × ${whose}`;
}

function format(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value >= 100 || value === 0) return value.toFixed(0);
  return value.toPrecision(3);
}

/** Columns for a terminal: words to the left, numbers to the right. */
export function plainTable(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ');
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return rows.flatMap((row, index) => (index === 0 ? [line(row), rule] : [line(row)])).join('\n');
}

function pad(cell: string, width: number): string {
  return /^[\d–-]/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}
