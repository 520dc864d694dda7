import assert from 'node:assert/strict';
import test from 'node:test';
import * as v from 'valibot';
import * as values from '#src/options/values.ts';
import fc from '../support/properties.ts';

const LONGEST_TIMER = 2_147_483_647;

type Case = [schema: v.GenericSchema, accepted: unknown[], refused: unknown[]];

const CASES: Record<string, Case> = {
  port: [values.port, [0, 1, 65535], [-1, 65536, 1.5, '80', null]],
  count: [values.count, [1, Number.MAX_SAFE_INTEGER], [0, -1, 1.5, 2 ** 53, '1']],
  countFromZero: [values.countFromZero, [0, 1], [-1, 0.5, true]],
  milliseconds: [values.milliseconds, [0, 1, LONGEST_TIMER], [-1, 0.5, LONGEST_TIMER + 1]],
  seconds: [values.seconds, [0.001, 1.5, LONGEST_TIMER / 1000], [0, -1, LONGEST_TIMER / 1000 + 1]],
  secondsFromZero: [values.secondsFromZero, [0, 0.5], [-0.001, LONGEST_TIMER / 1000 + 1]],
  heartbeat: [values.heartbeat, [0.05, 5, 3600], [0, -1, 3601, '5']],
  blocks: [
    values.blocks,
    ['10.0.0.0/8', '10.0.0.0/8,::1', '192.0.2.1, 2001:db8::/32'],
    ['', ',', '10.0.0.0/8,', '10.0.0.0/8;::1', '10.0.0.0/33', 'localhost', '10.0.0.0/8 ::1', 10],
  ],
  pooled: [values.pooled, [1, 1024], [0, 1.5, 1025, '1']],
  portPairs: [
    values.portPairs,
    ['9000:8000', '0:0', '9000:8000,9001:8001', '1:2, 3:4'],
    ['', '9000', '9000:', ':8000', '9000:65536', '1:2,', '1:2;3:4', '1:2:3', '-1:2', 9000],
  ],
  text: [values.text, ['a', ' '], ['', 1]],
  domain: [
    values.domain,
    ['example.net', 'localhost', 'A-b.2.example', 'xn--bcher-kva.example', 'a'.repeat(63)],
    ['', '.', 'a.', '.a', 'a..b', '-a', 'a-', 'a_b', 'a b', 'é.net', 'a'.repeat(64)],
  ],
  natsServers: [
    values.natsServers,
    ['nats://a', 'nats://a:4222,tls://b.example.net:4443', 'nats://[::1]:4222, nats://192.0.2.1'],
    [
      '',
      'a:4222',
      'nats://',
      'nats://a:65536',
      'nats://a,',
      'nats://a;nats://b',
      'nats://a/b',
      'ws://a',
      'nats://user:secret@a',
      'nats://[::1',
      'nats://[1:2]:4222',
    ],
  ],
  portRange: [
    values.portRange,
    ['1-65535', '4000-4000', '4000-4999'],
    ['0-1', '1-65536', '5000-4000', '4000', '4000-', '-4000', '4000 - 4999', '1-2-3', '', 4000],
  ],
  hostAndPort: [
    values.hostAndPort,
    ['a:1', 'relay.example.net:8080', '127.0.0.1:65535', '[::1]:80', '[::ffff:1.2.3.4]:80'],
    [
      'a',
      'a:',
      ':80',
      'a:0',
      'a:65536',
      '::1:80',
      '[::1]',
      '[]:80',
      'a b:80',
      'a:80 ',
      'a:8o',
      'a:1:2',
    ],
  ],
};

for (const [name, [schema, accepted, refused]] of Object.entries(CASES)) {
  test(`${name}: every bound is inside, and what lies beyond it is refused`, () => {
    for (const value of accepted)
      assert.ok(v.is(schema, value), `${JSON.stringify(value)} refused`);
    for (const value of refused) assert.ok(!v.is(schema, value), `${JSON.stringify(value)} taken`);
  });
}

test('no number option takes what is not a finite number', () => {
  const { port, count, countFromZero, milliseconds, seconds, secondsFromZero, heartbeat } = values;
  const numbers = [port, count, countFromZero, milliseconds, seconds, secondsFromZero, heartbeat];
  for (const schema of numbers) {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      assert.ok(!v.is(schema, value), `${value} taken`);
    }
  }
});

test('a time that is accepted fits a timer of Node, which fires at once when it does not', () => {
  const times = fc.double({ min: 0, max: 1e10, noNaN: true });
  fc.assert(
    fc.property(times, (time) => {
      if (v.is(values.seconds, time)) assert.ok(time * 1000 <= LONGEST_TIMER);
      if (v.is(values.secondsFromZero, time)) assert.ok(time * 1000 <= LONGEST_TIMER);
      if (v.is(values.milliseconds, time)) assert.ok(time <= LONGEST_TIMER);
    }),
  );
});

const port = fc.integer({ min: 1, max: 65535 });

test('a port range reads back as it was written', () => {
  fc.assert(
    fc.property(port, port, (a, b) => {
      const range = a <= b ? { from: a, to: b } : undefined;
      assert.deepEqual(values.parsePortRange(`${a}-${b}`), range);
    }),
  );
});

test('a list of blocks reads back as its entries, spaces around them left out', () => {
  assert.deepEqual(values.parseList('10.0.0.0/8,::1'), ['10.0.0.0/8', '::1']);
  assert.deepEqual(values.parseList(' 192.0.2.1 , ::/0 '), ['192.0.2.1', '::/0']);
});

test('an address of any kind reads back as it was written', () => {
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.ipV4()), port, (host, port) => {
      assert.deepEqual(values.parseAddress(`${host}:${port}`), { host, port });
    }),
  );
  fc.assert(
    fc.property(fc.ipV6(), port, (host, port) => {
      assert.deepEqual(values.parseAddress(`[${host}]:${port}`), { host, port });
    }),
  );
});

test('an IPv6 address without brackets is not guessed at', () => {
  fc.assert(
    fc.property(fc.ipV6(), port, (host, port) => {
      assert.equal(values.parseAddress(`${host}:${port}`), undefined);
    }),
  );
});

test('one machine can be dialled by a name or an address, and not by all addresses or one of a link', () => {
  for (const host of ['relay-3.example.net', 'localhost', 'relay_1', '192.0.2.3', '2001:db8::3']) {
    assert.ok(values.isDialled(host), host);
  }
  for (const host of [
    '0.0.0.0',
    '::',
    '0::0',
    'fe80::1%eth0',
    '[::1]',
    'a:80',
    'a b',
    '-a',
    '',
    'http://a',
  ]) {
    assert.ok(!values.isDialled(host), host);
  }
});
