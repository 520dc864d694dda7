import * as v from 'valibot';
import { isBlock } from '../data-plane/address-list.ts';

/** The kinds of value that options have; each says in its message what would be right. */

export const port = whole(0, 65535, 'a port, 0 to 65535');

/** A port that something can be dialled on. */
export const dialledPort = whole(1, 65535, 'a port, 1 to 65535');

export const count = whole(1, Number.MAX_SAFE_INTEGER, 'a whole number of at least 1');

export const countFromZero = whole(0, Number.MAX_SAFE_INTEGER, 'a whole number of at least 0');

/** Connections that wait in a pool at one time. */
export const MOST_POOLED = 1024;

export const pooled = whole(1, MOST_POOLED, `a whole number, 1 to ${MOST_POOLED}`);

/** setTimeout(3) of Node takes no more milliseconds than this. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const milliseconds = whole(0, LONGEST_TIMER, 'milliseconds, a whole number of at least 0');

export const seconds = v.pipe(
  v.number(),
  v.check(
    (s) => s > 0 && s * 1000 <= LONGEST_TIMER,
    'expected seconds, more than 0 and at most 24 days',
  ),
);

export const secondsFromZero = v.pipe(
  v.number(),
  v.check((s) => s >= 0 && s * 1000 <= LONGEST_TIMER, 'expected seconds, 0 to 24 days'),
);

/** An hour at most: three of these, after which a peer counts as gone, have to fit a timer. */
export const heartbeat = v.pipe(
  v.number(),
  v.check((s) => s > 0 && s <= 3600, 'expected seconds, more than 0 and at most 3600'),
);

export const text = v.pipe(v.string(), v.nonEmpty('expected some text'));

/** A part of a name of the DNS, in ASCII (RFC 1123, 2.1). */
const LABEL = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i;

export const domain = v.pipe(
  v.string(),
  v.check(
    (name) => name.length <= 253 && name.split('.').every((label) => LABEL.test(label)),
    'expected a domain, such as relay.example.net',
  ),
);

export interface PortRange {
  from: number;
  to: number;
}

/** `<from>-<to>`, both ends included. */
export const portRange = v.pipe(
  v.string(),
  v.check(
    (range) => parsePortRange(range) !== undefined,
    'expected <from>-<to> within 1 to 65535, such as 4000-4999',
  ),
);

export function parsePortRange(range: string): PortRange | undefined {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(range);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  return from >= 1 && from <= to && to <= 65535 ? { from, to } : undefined;
}

/** `<port>:<port>`, with commas between several; 0 lets the system pick. */
export const portPairs = v.pipe(
  v.string(),
  v.check((pairs) => parsePortPairs(pairs) !== undefined, 'expected <port>:<port>'),
);

/** The entries of a {@link portPairs} list. */
export function parsePortPairs(list: string): [number, number][] | undefined {
  const pairs = list.split(',').map((pair) => parseTwoPorts(pair.trim()));
  return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
}

/** `<port>:<port>`; 0 lets the system pick. */
export const twoPorts = v.pipe(
  v.string(),
  v.check((ports) => parseTwoPorts(ports) !== undefined, 'expected <port>:<port>'),
);

export function parseTwoPorts(ports: string): [number, number] | undefined {
  const match = /^(\d{1,5}):(\d{1,5})$/.exec(ports);
  const [first, second] = [Number(match?.[1]), Number(match?.[2])];
  return first <= 65535 && second <= 65535 ? [first, second] : undefined;
}

/** IP addresses and CIDR blocks, with commas between them. */
export const blocks = v.pipe(
  v.string(),
  v.check(
    (list) => parseBlocks(list).every(isBlock),
    'expected IP addresses or CIDR blocks, such as 10.0.0.0/8,::1',
  ),
);

/** The entries of a {@link blocks} list. */
export function parseBlocks(list: string): string[] {
  return list.split(',').map((block) => block.trim());
}

/** `<host>:<port>`, where an IPv6 address is written in brackets: `[::1]:8080`. */
export const hostAndPort = v.pipe(
  v.string(),
  v.check((address) => parseAddress(address) !== undefined, 'expected <host>:<port>'),
);

export function parseAddress(address: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= 1 && port <= 65535 ? { host, port } : undefined;
}

/** The reverse of {@link parseAddress}. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function whole(from: number, to: number, expected: string) {
  return v.pipe(
    v.number(),
    v.check((n) => Number.isInteger(n) && n >= from && n <= to, `expected ${expected}`),
  );
}
