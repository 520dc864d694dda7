import type { Phase, Records, Visit } from '../records.ts';
import { clientsBehind } from './behind.ts';
import { described } from './clients.ts';

/** Milliseconds by which a line may be late: a member that is killed takes those with it that it had yet to write. */
const LATE = 5000;

/**
 * Clients that were answered, and of whom no log tells: by whom they were served is known from there alone, and who looks
 * for two owners finds none where the logs lack one. What was at the end may be yet to be written.
 */
export function clientsUntold(records: Pick<Records, 'visits' | 'served' | 'phases'>): string[] {
  const { visits, phases } = records;
  const end = phases.at(-1)?.begin ?? Number.POSITIVE_INFINITY;
  const told = new Set(clientsBehind(records).values());
  return visits
    .filter((visit) => visit.answeredAt !== undefined && visit.end < end && !told.has(visit))
    .filter((visit) => !phases.some((phase) => mayBeLost(visit, phase)))
    .map((visit) => `${described(visit)}: answered, and in nobody's log`);
}

/** Who is struck otherwise writes them when that is over. */
function mayBeLost({ start, end }: Visit, { struck, begin }: Phase): boolean {
  return struck !== undefined && end >= begin - LATE && start <= begin + LATE;
}
