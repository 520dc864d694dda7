import type { Run } from '../results.ts';

export type Medians = (workload: string, figure: string, relay: string) => number | undefined;

export function mediansOf({ series }: Run): Medians {
  const id = (...parts: string[]) => parts.join('/');
  const medians = new Map(
    series.map((one) => [id(one.workload, one.figure, one.relay), one.median]),
  );
  return (workload, figure, relay) => medians.get(id(workload, figure, relay));
}
