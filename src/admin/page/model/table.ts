/** A column by which rows of a table can be sorted. */
export interface Column<Row> {
  key: string;
  title: string;
  /** What rows are sorted by. What is not known comes last, whichever way. */
  by: (row: Row) => string | number | undefined;
  /** Figures, which are read from the right, and of which the largest is asked for first. */
  isFigure?: boolean;
}

export interface Order {
  column: string;
  descending: boolean;
}

const texts = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Rows in this order; those that are equal stay as they are, so that nothing jumps about. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { column, descending }: Order,
): Row[] {
  const by = columns.find(({ key }) => key === column)?.by;
  if (by === undefined) return [...rows];
  return rows.toSorted((one, other) => {
    const [a, b] = [by(one), by(other)];
    if (a === undefined || b === undefined)
      return Number(a === undefined) - Number(b === undefined);
    const difference =
      typeof a === 'number' && typeof b === 'number' ? a - b : texts.compare(`${a}`, `${b}`);
    return descending ? -difference : difference;
  });
}

/** The order after somebody chose this column: that of the column, or the other way round. */
export function chosen<Row>(order: Order, { key, isFigure = false }: Column<Row>): Order {
  return order.column === key
    ? { column: key, descending: !order.descending }
    : { column: key, descending: isFigure };
}

/** Whether a row has all words of a filter somewhere in its texts. */
export function matches(filter: string, texts: readonly (string | undefined)[]): boolean {
  const all = texts.join('\n').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
