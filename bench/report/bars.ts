import type { Medians } from './medians.ts';

/** What we hold our own figures to: a ratio to the better of some relays, or an absolute bound. */
export type Bar = {
  workload: string;
  figure: string;
  /** Which of our columns it is about. Default: `ours`. */
  of?: string;
  against?: readonly string[];
} & Bound;
export type Bound = { atLeast: number } | { atMost: number };

const bulk = ['bulk-1', 'bulk-8', 'bulk-64'].flatMap((workload): Bar[] => [
  { workload, figure: 'throughput', against: ['bore'], atLeast: 1.5 },
  { workload, figure: 'throughput', against: ['rathole'], atLeast: 1.4 },
  { workload, figure: 'broker CPU', against: ['bore', 'rathole'], atMost: 0.45 },
]);

const connections = ['connections-32', 'connections-256'].flatMap((workload): Bar[] => [
  { workload, figure: 'new connections', against: ['rathole'], atLeast: 1 },
  { workload, figure: 'first byte p99', against: ['rathole'], atMost: 1 },
  { workload, figure: 'broker CPU', against: ['rathole'], atMost: 0.9 },
]);

/** What being looked at may cost. */
const watched: Bar[] = [
  ...['bulk-1', 'bulk-8'].map((workload) => ({
    ...{ workload, figure: 'broker CPU', of: 'ours, watched', against: ['ours'] },
    atMost: 1.03,
  })),
  ...['connections-32', 'connections-256'].map((workload) => ({
    ...{ workload, figure: 'new connections', of: 'ours, watched', against: ['ours'] },
    atLeast: 0.95,
  })),
];

export const bars: readonly Bar[] = [
  ...bulk,
  { workload: 'round-trip', figure: 'one byte p50', against: ['bore'], atMost: 1.1 },
  ...connections,
  ...watched,
  { workload: 'idle', figure: 'broker per pair at 4000', atMost: 3 },
];

export interface Verdict {
  /** The ratio, or the figure itself where the bound is absolute. */
  value: number;
  holds: boolean;
}

/** Undefined where a figure that it takes was not measured. */
export function judge(bar: Bar, median: Medians): Verdict | undefined {
  const at = (relay: string) => median(bar.workload, bar.figure, relay) ?? Number.NaN;
  const best = 'atLeast' in bar ? Math.max : Math.min;
  const value =
    at(bar.of ?? 'ours') / (bar.against === undefined ? 1 : best(...bar.against.map(at)));
  if (Number.isNaN(value)) return undefined;
  return { value, holds: 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost };
}
