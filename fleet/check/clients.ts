import type { Instant, Phase, Records, Told, Visit } from '../records.ts';
import { grouped } from './grouped.ts';

/** Milliseconds between what an agent is told and what its relay does. */
const NEWS = 1000;

/** Milliseconds within which a link is over on which nothing came: what was on it is cut then. */
const AFTERMATH = 15_000;

/** Answers of a service that was not asked for, answers that came twice, and streams that lost bytes. */
export function wrongAnswers({ visits, mistakes }: Pick<Records, 'visits' | 'mistakes'>): string[] {
  const faults = mistakes.map(({ service }) => `${service}: got other bytes than were sent`);
  const seen = new Set<string>();
  for (const visit of visits) {
    const { name, answeredBy, answer, sent, received } = visit;
    if (answeredBy === undefined) continue;
    if (answeredBy !== name) faults.push(`${described(visit)}: answered by ${answeredBy}`);
    const key = `${answeredBy} ${answer}`;
    if (seen.has(key)) faults.push(`${described(visit)}: answer ${key} came a second time`);
    seen.add(key);
    if (visit.outcome === 'wrong bytes') faults.push(`${described(visit)}: wrong bytes`);
    if (visit.kind === 'stream' && visit.outcome === 'answered' && !(sent && received)) {
      faults.push(`${described(visit)}: nothing was streamed`);
    }
  }
  return faults;
}

/**
 * Clients that were refused or cut, but for those who had to do with a member that something was done to
 * at that time, and those who found a drained one's doors shut. Whoever searches is refused until there is somebody, and is left out.
 */
export function clientsRefused({ visits, phases, told }: Records): string[] {
  const owners = ownersBy(told);
  return visits
    .filter(({ kind, outcome }) => kind !== 'search' && outcome !== 'answered')
    .filter((visit) => !phases.some((phase) => isExcused(visit, phase, owners)))
    .map((visit) => `${described(visit)}: ${visit.outcome}`);
}

type Owners = (name: string, from: Instant, to: Instant) => Set<string>;

function isExcused(visit: Visit, phase: Phase, owners: Owners): boolean {
  const { struck, drained = [], begin, end } = phase;
  const cameMeanwhile = visit.start >= begin && visit.start <= end;
  const wasThere = visit.start < begin && visit.end >= begin && visit.end <= end + AFTERMATH;
  if (!cameMeanwhile && !wasThere) return false;
  const { start, answeredAt = visit.end, name, node, sourcePort } = visit;
  // Where no door is open any more, a client comes to nobody, and goes on to another member.
  if (sourcePort === undefined && drained.includes(node)) return true;
  if (struck === undefined) return false;
  return node === struck || owners(name, start - NEWS, answeredAt + NEWS).has(struck);
}

/** Which members had a name in a span of time, as far as its agent was told. */
function ownersBy(told: Told[]): Owners {
  const ready = grouped(
    told.filter(({ event }) => event === 'ready').sort((a, b) => a.at - b.at),
    ({ service }) => service,
  );
  return (name, from, to) => {
    const all = ready.get(name) ?? [];
    const before = all.filter(({ at }) => at <= from).at(-1);
    const meanwhile = all.filter(({ at }) => at > from && at <= to);
    const nodes = [before, ...meanwhile].map((each) => each?.node);
    return new Set(nodes.filter((node) => node !== undefined));
  };
}

export function described({ kind, name, node, door, start, end, sourcePort }: Visit): string {
  const lasted = end - start;
  const at = new Date(start).toISOString();
  return `${kind} of ${name} at ${node} (${door}), ${at}, ${lasted} ms, port ${sourcePort}`;
}
