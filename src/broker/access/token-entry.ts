import * as v from 'valibot';
import { isBlock } from '../../data-plane/address-list.ts';
import { count, type PortRange, parsePortRange, seconds } from '../../options/values.ts';
import { NAME, serviceName } from '../../protocol/extended.ts';
import { nameOfToken } from '../../protocol/proof.ts';
import { ANY_NAME, type TokenRights } from './token-rights.ts';

const ports = text(parsePorts, 'a port or a range of ports, such as "8443" or "4000-4999"');

const block = v.pipe(
  v.string(),
  v.check(isBlock, 'expected an IP address or a CIDR block, such as "10.0.0.0/8"'),
);

export const tokenName = v.pipe(v.string(), v.regex(NAME, 'expected a name of a-z, 0-9 and -'));

const name = v.pipe(
  v.string(),
  v.check(
    (name) => name === ANY_NAME || v.is(serviceName, name),
    'expected a name of a-z, 0-9 and -, at most 63 characters, with no - at either end; or "*"',
  ),
);

/** One token as the tokens file describes it, see docs/tokens.md. A key with a typo is refused: it would bound nothing. */
export const tokenEntry = v.strictObject({
  token: text(nameOfToken, '<name>.<secret>, as "relay-broker token create" makes it'),
  ports: v.optional(v.pipe(v.array(ports), v.minLength(1, 'expected at least one port'))),
  names: v.optional(v.array(name), []),
  group: v.optional(v.boolean(), false),
  maxRegistrations: v.optional(count),
  connections: v.optional(count),
  waiting: v.optional(count),
  connectionsPerAddress: v.optional(count),
  connectionsPerSecond: v.optional(count),
  connectionsPerSecondPerAddress: v.optional(count),
  bytesPerSecond: v.optional(count),
  idleSeconds: v.optional(seconds),
  allowClients: v.optional(v.pipe(v.array(block), v.minLength(1, 'expected at least one block'))),
  denyClients: v.optional(v.array(block)),
  expires: v.optional(text(parseTime, 'date, time and zone, such as "2027-06-30T00:00:00Z"')),
  cutConnections: v.optional(v.boolean(), false),
});

export function toRights(name: string, entry: v.InferOutput<typeof tokenEntry>): TokenRights {
  return {
    name,
    token: entry.token,
    ports: entry.ports?.map(parsePorts).filter((range) => range !== undefined),
    names: entry.names,
    group: entry.group,
    maxRegistrations: entry.maxRegistrations,
    limits: {
      allow: entry.allowClients,
      deny: entry.denyClients,
      clients: entry.connections,
      waiting: entry.waiting,
      clientsPerAddress: entry.connectionsPerAddress,
      rate: entry.connectionsPerSecond,
      ratePerAddress: entry.connectionsPerSecondPerAddress,
      bytesPerSecond: entry.bytesPerSecond,
      idle: entry.idleSeconds,
    },
    expires: entry.expires === undefined ? undefined : parseTime(entry.expires),
    cutsConnections: entry.cutConnections,
  };
}

/** A text that means something to a function, which returns undefined for any other. */
function text(parse: (text: string) => unknown, expected: string) {
  return v.pipe(
    v.string(),
    v.check((text) => parse(text) !== undefined, `expected ${expected}`),
  );
}

function parsePorts(text: string): PortRange | undefined {
  return parsePortRange(text.includes('-') ? text : `${text}-${text}`);
}

/** ISO 8601. The zone must not be left out, or the broker's own would decide. */
function parseTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text))
    return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
