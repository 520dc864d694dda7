import type { Results } from './results.ts';
import type { Figure, Workload } from './workloads/workload.ts';

/** One table of medians over all workloads: a line for each figure, a column for each relay. */
export function report(
  results: Results,
  workloads: readonly Workload[],
  relays: readonly string[],
): string {
  const [ours = '', ...others] = relays;
  const peer = others.find((name) => name !== 'no relay');
  const ratioTitle = peer === undefined ? [] : ['floor', '', `${ours}/${peer}`];
  const rows = [['workload', 'figure', ...relays, ...ratioTitle]];
  for (const { name, figures } of workloads) {
    for (const figure of figures) {
      const at = (relay: string) => results.median(name, figure.name, relay);
      const ratioCells = peer === undefined ? [] : compare(figure, at(ours), at(peer));
      rows.push([
        name,
        `${figure.name} (${figure.unit})`,
        ...relays.map((relay) => format(at(relay))),
        ...ratioCells,
      ]);
    }
  }
  return table(rows);
}

function compare({ floor }: Figure, ours = Number.NaN, peer = Number.NaN): string[] {
  const ratio = ours / peer;
  const shown = Number.isFinite(ratio) ? `${ratio.toPrecision(3)}×` : '–';
  if (floor === undefined) return ['', '', shown];
  const atLeast = 'atLeast' in floor;
  const holds = atLeast ? ratio >= floor.atLeast : ratio <= floor.atMost;
  const bound = atLeast ? `≥ ${floor.atLeast}×` : `≤ ${floor.atMost}×`;
  return [bound, holds ? 'pass' : 'MISS', shown];
}

function format(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value >= 100 || value === 0) return value.toFixed(0);
  return value.toPrecision(3);
}

function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  ');
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return rows.flatMap((row, index) => (index === 0 ? [line(row), rule] : [line(row)])).join('\n');
}

/** Words to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  return column < 2 ? cell.padEnd(width) : cell.padStart(width);
}
