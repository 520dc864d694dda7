import assert from 'node:assert/strict';
import test from 'node:test';
import { faultOf, type Limits, strictest, toMessage } from '#src/broker/access/limits.ts';
import { formatMessage } from '#src/protocol/message.ts';
import fc from '../../support/properties.ts';

const BROKER = { clients: 10_000, waiting: 1000 };

test('what only the broker says is what holds', () => {
  assert.deepEqual(strictest(BROKER), {
    allow: [],
    deny: [],
    clients: 10_000,
    waiting: 1000,
    clientsPerAddress: undefined,
    ratePerAddress: undefined,
    rate: undefined,
    bytesPerSecond: undefined,
    idle: undefined,
  });
});

test('of each number the smallest holds, whoever said it', () => {
  const token: Limits = { clients: 5, rate: 50, idle: 60, bytesPerSecond: 1000 };
  const request: Limits = { clients: 7, waiting: 3, idle: 0.5, ratePerAddress: 9 };
  const { clients, waiting, rate, ratePerAddress, bytesPerSecond, idle, clientsPerAddress } =
    strictest({ ...BROKER, clientsPerAddress: 4 }, token, request);
  assert.deepEqual(
    { clients, waiting, rate, ratePerAddress, bytesPerSecond, idle, clientsPerAddress },
    {
      clients: 5,
      waiting: 3,
      rate: 50,
      ratePerAddress: 9,
      bytesPerSecond: 1000,
      idle: 500,
      clientsPerAddress: 4,
    },
  );
});

test('a client has to be on every list that allows, and must be on none that denies', () => {
  const broker = { ...BROKER, allow: ['10.0.0.0/8'], deny: ['10.9.0.0/16'] };
  const { allow, deny } = strictest(
    broker,
    {},
    { allow: ['10.1.0.0/16', '::1'], deny: ['10.1.1.1'] },
  );
  assert.deepEqual(allow, [['10.0.0.0/8'], ['10.1.0.0/16', '::1']]);
  assert.deepEqual(deny, ['10.9.0.0/16', '10.1.1.1']);
});

const bound = fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined });
const anyLimits: fc.Arbitrary<Limits> = fc.record({
  clients: bound,
  waiting: bound,
  clientsPerAddress: bound,
  ratePerAddress: bound,
  bytesPerSecond: bound,
  rate: bound,
});

test('asking can only make limits stricter', () => {
  fc.assert(
    fc.property(anyLimits, anyLimits, (token, request) => {
      const without = strictest(BROKER, token);
      const asked = strictest(BROKER, token, request);
      for (const key of Object.keys(token) as Exclude<keyof Limits, 'allow' | 'deny'>[]) {
        const bounds = [without[key], request[key]].filter((n) => n !== undefined);
        assert.equal(asked[key], bounds.length > 0 ? Math.min(...bounds) : undefined);
      }
    }),
  );
});

test('lists of addresses and blocks can be asked for', () => {
  assert.equal(faultOf({ allow: ['10.0.0.0/8', '::1'], deny: ['2001:db8::/32'] }), undefined);
  assert.equal(faultOf({ deny: [] }), undefined);
  assert.equal(faultOf({}), undefined);
});

test('what is no block is refused by name, on both lists and made safe for a log', () => {
  for (const limits of [{ allow: ['::1', '10.0.0.0/99'] }, { deny: ['10.0.0.0/99'] }]) {
    assert.deepEqual(faultOf(limits), {
      code: 'limit-refused',
      message:
        'A limit cannot be kept: "10.0.0.0/99" is neither an IP address nor a CIDR block. Ask for another.',
    });
  }
  assert.match(faultOf({ deny: ['\u001b[2J'] })?.message ?? '', /"\\u001b\[2J"/);
});

test('a list that lets nobody come is refused', () => {
  assert.equal(faultOf({ allow: [] })?.code, 'limit-refused');
});

test('an agent is told the numbers in force in one line, however long the lists are', () => {
  const allow = Array.from({ length: 64 }, (_, n) => `2001:db8:aaaa:bbbb:cccc:dddd:eeee:${n}/128`);
  const limits = strictest({ ...BROKER, idle: 1.5, deny: allow }, { allow }, { allow });
  const message = toMessage(limits);
  assert.deepEqual(JSON.parse(JSON.stringify(message)), {
    clients: 10_000,
    waiting: 1000,
    idle: 1.5,
  });
  assert.ok(formatMessage('REGISTERED', { limits: message }).length < 1000);
});
