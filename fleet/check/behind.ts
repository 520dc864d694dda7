import type { Records, Served, Visit } from '../records.ts';
import { grouped } from './grouped.ts';

/** Milliseconds by which a log may put a client too early: it rounds. */
const ROUNDING = 20;

/** And too late: it reckons back from when it heard of the end, which a broker that was stopped hears late. */
const LATE = 60_000;

/** Which of the clients each entry of a log is about: by port, name and time. */
export function clientsBehind({ visits, served }: Pick<Records, 'visits' | 'served'>) {
  const byPort = grouped(visits, ({ sourcePort }) => sourcePort);
  const behind = new Map<Served, Visit | undefined>();
  for (const entry of served) {
    const candidates = byPort.get(entry.sourcePort)?.filter((visit) => mayBe(entry, visit));
    behind.set(entry, candidates?.at(-1));
  }
  return behind;
}

function mayBe({ name, start }: Served, visit: Visit): boolean {
  return name === visit.name && start > visit.start - ROUNDING && start < visit.end + LATE;
}
