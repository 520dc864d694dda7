import { type Column, chosen, type Order } from '../model/table.ts';

interface Props<Row> {
  columns: readonly Column<Row>[];
  order: Order;
  onOrder: (order: Order) => void;
}

/** The heads of columns, each a button that sorts by it. */
export function SortHeads<Row>({ columns, order, onOrder }: Props<Row>) {
  return columns.map((column) => {
    const isChosen = column.key === order.column;
    const direction = order.descending ? 'descending' : 'ascending';
    return (
      <th
        key={column.key}
        scope="col"
        class={`head-${column.key} ${column.isFigure ? 'figures' : ''}`}
        aria-sort={isChosen ? direction : 'none'}
      >
        <button type="button" onClick={() => onOrder(chosen(order, column))}>
          {column.title}
          <span aria-hidden="true" class="direction">
            {isChosen && (order.descending ? '▾' : '▴')}
          </span>
        </button>
      </th>
    );
  });
}
