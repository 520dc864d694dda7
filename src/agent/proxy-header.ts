import { isIP } from 'node:net';

/** One end of a connection. */
export interface ConnectionEnd {
  /** An IP address. Its zone is left out, which means nothing elsewhere. */
  address: string;
  port: number;
}

/**
 * The header of the PROXY protocol, by which a service learns whose connection it has
 * got (doc/proxy-protocol.txt of HAProxy, 2.1 and 2.2). Goes out ahead of all other bytes.
 *
 * Of an IPv4 and an IPv6 address, the former is written as IPv4-mapped, as HAProxy does.
 * Without an address or a port that makes sense, the header tells the service to go by
 * the connection itself: the client's come from the relay, which can say what it likes.
 */
export function proxyHeader(
  version: 'v1' | 'v2',
  source: ConnectionEnd,
  destination: ConnectionEnd,
): Uint8Array {
  const [from, to] = [octetsOf(source.address), octetsOf(destination.address)];
  const ports = [source.port, destination.port];
  if (from === undefined || to === undefined || !ports.every(isPort)) return UNKNOWN[version];
  const addresses = from.length === to.length ? [from, to] : [mapped(from), mapped(to)];
  return version === 'v1' ? asText(addresses, ports) : asOctets(addresses, ports);
}

function asText(addresses: number[][], ports: number[]): Uint8Array {
  const family = addresses.every(isIPv4) ? 'TCP4' : 'TCP6';
  return encode(`PROXY ${[family, ...addresses.map(written), ...ports].join(' ')}\r\n`);
}

function asOctets(addresses: number[][], ports: number[]): Uint8Array {
  const family = addresses.every(isIPv4) ? TCP4 : TCP6;
  const body = [...addresses.flat(), ...ports.flatMap(octets)];
  return Uint8Array.of(...SIGNATURE, PROXY, family, ...octets(body.length), ...body);
}

const SIGNATURE = encode('\r\n\r\n\0\r\nQUIT\n');

/** Version 2, and below it the command. */
const LOCAL = 0x20;
const PROXY = 0x21;

/** The family, and below it the transport. */
const UNSPECIFIED = 0x00;
const TCP4 = 0x11;
const TCP6 = 0x21;

const UNKNOWN = {
  v1: encode('PROXY UNKNOWN\r\n'),
  v2: Uint8Array.of(...SIGNATURE, LOCAL, UNSPECIFIED, ...octets(0)),
};

/** 4 or 16; 4 for an address that is IPv4-mapped. Undefined for what is no address. */
function octetsOf(address: string): number[] | undefined {
  const plain = address.replace(/%.*$/, '');
  switch (isIP(plain)) {
    case 4:
      return plain.split('.').map(Number);
    case 6: {
      const all = octetsOfIPv6(plain);
      return MAPPED.every((octet, index) => octet === all[index]) ? all.slice(12) : all;
    }
    default:
      return undefined;
  }
}

function octetsOfIPv6(address: string): number[] {
  const [head = '', tail = ''] = canonical(address).split('::');
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0);
  return [...first, ...zeros, ...last].flatMap(octets);
}

function groupsOf(part: string): number[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
}

/** An IPv6 address as a URL has it: in hexadecimal only, the longest row of zeros left out (RFC 5952). */
function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** `::ffff:0:0/96` (RFC 4291, 2.5.5.2). */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

function mapped(address: number[]): number[] {
  return isIPv4(address) ? [...MAPPED, ...address] : address;
}

function isIPv4(address: number[]): boolean {
  return address.length === 4;
}

function written(address: number[]): string {
  if (isIPv4(address)) return address.join('.');
  const octet = (value: number) => value.toString(16).padStart(2, '0');
  const groups = address.map(octet).join('').match(/.{4}/g) ?? [];
  return canonical(groups.join(':'));
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 0xffff;
}

function octets(group: number): [high: number, low: number] {
  return [group >> 8, group & 0xff];
}

/** Not a Buffer of Node's pool, all of which would cross to a thread. */
function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
