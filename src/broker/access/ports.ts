import { randomInt } from 'node:crypto';
import type { PortRange } from '../../options/values.ts';

/** Below these, ports are privileged: nobody gets one whom the configuration does not give it. */
const FIRST_OPEN_PORT = 1024;

const HIGHEST_PORT = 65535;

const OPEN_PORTS: PortRange = { from: FIRST_OPEN_PORT, to: HIGHEST_PORT };

/** What a registrant asks for: one port, any of a range, or any at all, where one may be preferred. */
export interface PortWish {
  port?: number | undefined;
  ports?: PortRange | undefined;
  preferredPort?: number | undefined;
  /** Where several will do, which are tried first: those from one on, and the others after them, or none. Default: the lowest. */
  order?: { from: number } | 'random' | undefined;
}

/** Ports that somebody has. */
export type TakenPorts = Pick<ReadonlySet<number>, 'has'>;

export interface PortChoice {
  /** Those that may be tried, best first; 0 lets the system pick. To be gone through once. */
  readonly candidates: Iterable<number>;
  /** Why the registrant gets none, should none of them be free. */
  readonly refusal: 'port-forbidden' | 'port-taken' | 'no-port';
}

/**
 * Which client ports a registrant may have. Knows of no socket.
 *
 * @param allowed - where ports come from; without, any that is not privileged may be asked for.
 * @param taken - what registrations have, those included that are held by a lease.
 */
export function choosePort(
  wish: PortWish,
  allowed: readonly PortRange[] | undefined,
  taken: TakenPorts,
): PortChoice {
  const wanted = wish.port === undefined ? wish.ports : { from: wish.port, to: wish.port };
  const open = allowed ?? [OPEN_PORTS];
  const ranges = wanted === undefined ? open : intersect(open, wanted);
  const { preferredPort = 0, order } = wish;
  // What it picks is random.
  const systemPicks =
    wanted === undefined && allowed === undefined && (order === undefined || order === 'random');
  const preferred = ranges.some(({ from, to }) => preferredPort >= from && preferredPort <= to);
  return {
    candidates: freeOf(
      preferred ? [preferredPort] : [],
      systemPicks ? [0] : ordered(ranges, order),
      taken,
    ),
    refusal: refusalOf(wanted, ranges),
  };
}

/** Looks at each port only when its turn comes, as others may be taken while one is tried. */
function* freeOf(
  preferred: readonly number[],
  others: Iterable<number>,
  taken: TakenPorts,
): Generator<number> {
  for (const port of preferred) if (!taken.has(port)) yield port;
  for (const port of others) if (!preferred.includes(port) && !taken.has(port)) yield port;
}

function refusalOf(wanted: PortRange | undefined, ranges: readonly PortRange[]) {
  if (wanted === undefined) return 'no-port';
  return ranges.length === 0 ? 'port-forbidden' : 'port-taken';
}

function* ordered(ranges: readonly PortRange[], order: PortWish['order']): Generator<number> {
  if (order === undefined) yield* portsOf(ranges);
  else if (order === 'random') yield* shuffled(portsOf(ranges));
  else {
    yield* portsOf(intersect(ranges, { from: order.from, to: HIGHEST_PORT }));
    yield* portsOf(intersect(ranges, { from: 1, to: order.from - 1 }));
  }
}

function* shuffled(ports: Iterable<number>): Generator<number> {
  const left = [...ports];
  while (left.length > 0) yield* left.splice(randomInt(left.length), 1);
}

function intersect(ranges: readonly PortRange[], { from, to }: PortRange): PortRange[] {
  return ranges
    .map((range) => ({ from: Math.max(range.from, from), to: Math.min(range.to, to) }))
    .filter((range) => range.from <= range.to);
}

/** Every port of the ranges, lowest first, and once where they overlap. */
function* portsOf(ranges: readonly PortRange[]): Generator<number> {
  let next = 0;
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    for (next = Math.max(next, from); next <= to; next += 1) yield next;
  }
}
