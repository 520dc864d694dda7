import type { Records } from '../records.ts';
import { grouped } from './grouped.ts';

/**
 * Names that an agent was told are another's, that it does not have at the end, or that not
 * every member serves then: the last phase is the end.
 */
export function claimsLost({ told, visits, phases }: Records): string[] {
  const faults: string[] = [];
  const end = phases.at(-1)?.begin ?? Number.POSITIVE_INFINITY;
  const answered = visits.filter(({ start, outcome }) => start >= end && outcome === 'answered');
  const nodes = new Set(visits.map(({ node }) => node));
  const servedAt = grouped(answered, ({ name }) => name);
  for (const [service, news] of grouped(told, (each) => each.service)) {
    const taken = news.find(({ code }) => code === 'name-taken' || code === 'replaced');
    if (taken) faults.push(`${service}: its agent was told ${taken.code}`);
    const last = news.toSorted((a, b) => a.at - b.at).at(-1);
    if (last?.event !== 'ready') faults.push(`${service}: its agent's last word is ${last?.event}`);
    const at = new Set(servedAt.get(service)?.map(({ node }) => node));
    const missing = [...nodes].filter((node) => !at.has(node));
    if (missing.length > 0) faults.push(`${service}: not served at the end by ${missing}`);
  }
  return faults;
}
