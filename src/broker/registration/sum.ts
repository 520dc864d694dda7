import type { ExchangeCounters } from '../../data-plane/data-plane.ts';
import { SharedCounters } from '../../data-plane/shared-counters.ts';

/** What several exchanges have counted, together. */
export function sumOf(all: Iterable<ExchangeCounters>): ExchangeCounters {
  const sum = new SharedCounters().read();
  for (const { ended, refused, ...figures } of all) {
    const { ended: endedInAll, refused: refusedInAll, ...figuresInAll } = sum;
    Object.assign(sum, plus(figuresInAll, figures));
    sum.ended = plus(endedInAll, ended);
    sum.refused = plus(refusedInAll, refused);
  }
  return sum;
}

function plus<Field extends string>(
  some: Record<Field, number>,
  more: Record<Field, number>,
): Record<Field, number> {
  const entries = Object.entries<number>(some).map(([field, count]) => [
    field,
    count + more[field as Field],
  ]);
  return Object.fromEntries(entries) as Record<Field, number>;
}
