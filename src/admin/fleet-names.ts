import type { FleetName } from '../broker/fleet/status.ts';
import type { FleetNamesAnswer, NamesQuery } from './api/answers.ts';

/** Names in one answer, if nothing is said. */
const USUAL = 100;

/** The part of a fleet's names that is asked for, in order: there may be more than anybody can read. */
export function listNames(
  all: Iterable<FleetName>,
  { contains, after, limit = USUAL }: NamesQuery,
): FleetNamesAnswer {
  const words = contains.toLowerCase().split(/\s+/);
  const found: FleetName[] = [];
  let total = 0;
  for (const each of all) {
    total += 1;
    const text = `${each.name}\n${each.member}\n${each.offer}`.toLowerCase();
    if (words.every((word) => text.includes(word))) found.push(each);
  }
  const names = found
    .filter(({ name }) => name > after)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, limit);
  return { total, found: found.length, names };
}
