import { isIPv6 } from 'node:net';
import * as v from 'valibot';
import { AddressList, isBlock } from '../data-plane/address-list.ts';

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

/** And hence, no more seconds. */
const LONGEST = LONGEST_TIMER / 1000;

export const seconds = moreThanZero(LONGEST, 'seconds, more than 0 and at most 24 days');

export const secondsFromZero = v.pipe(
  v.number('expected seconds, 0 to 24 days'),
  v.minValue(0, 'expected seconds, 0 to 24 days'),
  v.maxValue(LONGEST, 'expected seconds, 0 to 24 days'),
);

/** An hour at most: three of these, after which a peer counts as gone, have to fit a timer. */
export const heartbeat = moreThanZero(3600, 'seconds, more than 0 and at most 3600');

export const text = v.pipe(v.string('expected some text'), v.nonEmpty('expected some text'));

export const flag = v.boolean('expected true or false');

/** A part of a name of the DNS, in ASCII (RFC 1123, 2.1). */
const LABEL = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i;

export const domain = textThat(
  (name) => name.length <= 253 && name.split('.').every((label) => LABEL.test(label)),
  'a domain, such as relay.example.net',
);

export interface PortRange {
  from: number;
  to: number;
}

const PORT_RANGE = /^(\d{1,5})-(\d{1,5})$/;

/** `<from>-<to>`, both ends included. */
export const portRange = textThat(
  (range) => parsePortRange(range) !== undefined,
  '<from>-<to> within 1 to 65535, such as 4000-4999',
  PORT_RANGE,
);

export function parsePortRange(range: string): PortRange | undefined {
  const match = PORT_RANGE.exec(range);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  return from >= 1 && from <= to && to <= 65535 ? { from, to } : undefined;
}

/** `<port>:<port>`, with commas between several; 0 lets the system pick. */
export const portPairs = textThat((pairs) => parsePortPairs(pairs) !== undefined, '<port>:<port>');

/** The entries of a {@link portPairs} list. */
export function parsePortPairs(list: string): [number, number][] | undefined {
  const pairs = list.split(',').map((pair) => parseTwoPorts(pair.trim()));
  return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
}

const TWO_PORTS = /^(\d{1,5}):(\d{1,5})$/;

/** `<port>:<port>`; 0 lets the system pick. */
export const twoPorts = textThat(
  (ports) => parseTwoPorts(ports) !== undefined,
  '<port>:<port>',
  TWO_PORTS,
);

export function parseTwoPorts(ports: string): [number, number] | undefined {
  const match = TWO_PORTS.exec(ports);
  const [first, second] = [Number(match?.[1]), Number(match?.[2])];
  return first <= 65535 && second <= 65535 ? [first, second] : undefined;
}

/** IP addresses and CIDR blocks, with commas between them. */
export const blocks = textThat(
  (list) => parseList(list).every(isBlock),
  'IP addresses or CIDR blocks, such as 10.0.0.0/8,::1',
);

/** The entries of a list with commas between them. */
export function parseList(list: string): string[] {
  return list.split(',').map((entry) => entry.trim());
}

const HOST_AND_PORT = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:[\]]+)):(\d{1,5})$/;

/** `<host>:<port>`, where an IPv6 address is written in brackets: `[::1]:8080`. */
export const hostAndPort = textThat(
  (address) => parseAddress(address) !== undefined,
  '<host>:<port>',
  HOST_AND_PORT,
);

/** {@link hostAndPort}, with commas between several. */
export const hostsAndPorts = textThat(
  (list) => parseList(list).every((entry) => parseAddress(entry) !== undefined),
  '<host>:<port>, with commas between several',
  /^[^\s,]+:\d{1,5}(?:\s*,\s*[^\s,]+:\d{1,5})*$/,
);

export function parseAddress(address: string): { host: string; port: number } | undefined {
  const at = split(address);
  return at !== undefined && at.port > 0 ? at : undefined;
}

function split(address: string): { host: string; port: number } | undefined {
  const match = HOST_AND_PORT.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port <= 65535 ? { host, port } : undefined;
}

const DIALLED_NAME = /^[A-Za-z\d_][A-Za-z\d._-]*$/;

/** Whether a host is what others can dial one machine by: a name, or an address that is not every one and needs no zone. */
export function isDialled(host: string): boolean {
  const isUnspecified = /^[0.:]+$/.test(host);
  return !isUnspecified && (DIALLED_NAME.test(host) || (isIPv6(host) && !host.includes('%')));
}

const NATS_SERVER = /^(?:nats|tls):\/\/(?:\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+)(?::\d{1,5})?$/;

/** NATS servers, with commas between them. No user or password: those go into a file. */
export const natsServers = textThat(
  (list) => parseList(list).every((server) => NATS_SERVER.test(server) && URL.canParse(server)),
  'nats://<host>[:<port>] or tls://<host>[:<port>], with commas between several',
);

/** Where a port is opened: for this machine alone, unless somebody says otherwise. */
const LOOPBACK = '127.0.0.1';

const LOOPBACKS = new AddressList(['127.0.0.0/8', '::1']);

/** Whether nobody but this machine can reach an address. */
export function isLoopback(address: string): boolean {
  return LOOPBACKS.has(address);
}

/** `<port>` (0: the system picks) or `<host>:<port>`. */
export const listenAddress = v.union(
  [
    port,
    textThat((address) => split(address) !== undefined, '<port> or <host>:<port>', HOST_AND_PORT),
  ],
  'expected <port> or <host>:<port>',
);

export function parseListen(listen: number | string): { host: string; port: number } | undefined {
  const text = String(listen);
  if (!/^\d{1,5}$/.test(text)) return split(text);
  const port = Number(text);
  return port <= 65535 ? { host: LOOPBACK, port } : undefined;
}

/** The reverse of {@link parseAddress}. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function whole(from: number, to: number, expected: string) {
  const message = `expected ${expected}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(from, message),
    v.maxValue(to, message),
  );
}

function moreThanZero(most: number, expected: string) {
  const message = `expected ${expected}`;
  return v.pipe(v.number(message), v.gtValue(0, message), v.maxValue(most, message));
}

/**
 * A text that means something.
 *
 * @param form - what every such text looks like, for those who cannot run the check
 */
export function textThat(means: (text: string) => boolean, expected: string, form = /./) {
  const message = `expected ${expected}`;
  return v.pipe(v.string(message), v.regex(form, message), v.check(means, message));
}
