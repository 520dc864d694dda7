import { count } from '../../../units.ts';

interface Props {
  shown: number;
  /** Of the list that the rows are from, which may be longer than what can be shown of it. */
  total: number;
  onMore: () => void;
}

/** What stands below a table that is longer than what is shown of it. */
export function ShowMore({ shown, total, onMore }: Props) {
  return (
    <p class="empty">
      The first {count(shown)} of {count(total)} are shown.{' '}
      <button type="button" onClick={onMore}>
        Show more
      </button>
    </p>
  );
}
