import { escaped } from '../../protocol/printable.ts';

/** Columns that are shortened where lines are too long are left with so many characters. */
const NARROWEST = 6;

const GAP = '  ';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => string;
  /** Figures end where the column does. */
  isFigure?: boolean;
}

/**
 * Rows in columns, with their titles.
 *
 * @param width - of the terminal, in characters; lines are as long as they are where there is none
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = Number.POSITIVE_INFINITY,
): string {
  const cells = [
    columns.map(({ title }) => title),
    // What strangers call themselves must not move the cursor.
    ...rows.map((row) => columns.map(({ cell }) => escaped(cell(row)))),
  ];
  const widths = fit(
    columns.map((_, n) => Math.max(...cells.map((line) => line[n]?.length ?? 0))),
    columns.map(({ isFigure = false }) => !isFigure),
    width - GAP.length * (columns.length - 1),
  );
  const lines = cells.map((line) =>
    line.map((cell, n) => pad(cell, widths[n] ?? 0, columns[n]?.isFigure)).join(GAP),
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Takes from the widest of those that may be shortened until all fit. */
function fit(natural: number[], isElastic: boolean[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, each) => sum + each, 0) - width;
  for (; excess > 0; excess -= 1) {
    const elastic = widths.map((each, n) => (isElastic[n] ? each : 0));
    const widest = Math.max(...elastic);
    if (widest <= NARROWEST) break;
    widths[elastic.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function pad(cell: string, width: number, isFigure = false): string {
  const cut = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
  return isFigure ? cut.padStart(width) : cut.padEnd(width);
}
