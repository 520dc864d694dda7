import type { Records, Visit } from './records.ts';
import type { Measure } from './report.ts';

/** How much was looked at, and how often somebody was refused or cut. */
export function tally({ visits, served, phases }: Records): Omit<Measure, 'scenario'>[] {
  const of = (kind: Visit['kind']) => visits.filter((visit) => visit.kind === kind);
  const streams = of('stream');
  const failed = visits.filter(({ kind, outcome }) => kind !== 'search' && outcome !== 'answered');
  const bytes = streams.reduce((sum, { received = 0, sent = 0 }) => sum + received + sent, 0);
  const generations = new Set(served.map(({ name, generation }) => `${name} ${generation}`));
  return [
    { what: 'requests', value: of('request').length, unit: '' },
    { what: 'streams', value: streams.length, unit: '' },
    { what: 'bytes of streams that were checked', value: bytes / 1e6, unit: 'MB' },
    { what: 'clients in access logs', value: served.length, unit: '' },
    { what: 'claims that served somebody', value: generations.size, unit: '' },
    ...phases.map(({ scenario, begin, end }) => ({
      what: `refused or cut while: ${scenario}`,
      value: failed.filter((visit) => visit.end >= begin && visit.end <= end).length,
      unit: '',
    })),
  ];
}
