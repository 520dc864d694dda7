import assert from 'node:assert/strict';
import test from 'node:test';
import { createBroker } from '#src/broker/broker.ts';
import type { RegistrationInfo } from '#src/broker/events.ts';
import { RelayError } from '#src/errors.ts';
import { logFleet } from '#src/log/fleet-log.ts';
import type { Level } from '#src/log/log.ts';

const REGISTRATION: RegistrationInfo = {
  ...{ id: 7, protocol: 'extended', address: '192.0.2.1', clientPort: 0, backConnectPort: 0 },
  ...{ name: 'blog', secured: true, node: 'a:1', generation: 12 },
};

/** A broker that never starts, whose events the test emits, and the entries they caused. */
function logged() {
  const broker = createBroker({ port: 0 });
  const entries: [level: Level, sentence: string, fields: object][] = [];
  logFleet(broker, (level, sentence, fields = {}) => entries.push([level, sentence, fields]));
  return { broker, entries };
}

test('what an operator has to look into is a warning, and its end is not', () => {
  const { broker, entries } = logged();
  for (const state of [false, true]) {
    broker.emit('directory', state);
    broker.emit('tenure', state);
  }
  for (const change of ['joined', 'silent', 'back', 'draining', 'left', 'gone'] as const) {
    broker.emit('member', 'b:1', change);
  }
  assert.deepEqual(
    entries.map(([level]) => level),
    ['warn', 'warn', 'info', 'info', 'info', 'warn', 'info', 'info', 'info', 'warn'],
  );
  assert.equal(entries[5]?.[1], 'Broker b:1 is silent');
});

test('an operator learns at the start which port is to be let through', () => {
  const { broker, entries } = logged();
  broker.emit('joined', 'eu', 'a:1', 40_001);
  assert.deepEqual(entries, [
    [
      'info',
      'One of the fleet eu as a:1; its brokers dial port 40001',
      { event: 'joined', cluster: 'eu', node: 'a:1', port: 40_001 },
    ],
  ]);
});

test('what is wrong with NATS is told in its own words', () => {
  const { broker, entries } = logged();
  const message = 'NATS does not do what this relay asks of it: timeout. Look at it.';
  broker.emit('directoryFailed', new RelayError('E_DIRECTORY', message));
  assert.deepEqual(entries, [['warn', message, { event: 'directoryFailed', message }]]);
});

test('a registration that changes places is told of by its own, and with the other one', () => {
  const { broker, entries } = logged();
  broker.emit('claimLost', REGISTRATION, 'name', 'b:1');
  broker.emit('claimLost', REGISTRATION, 'lease', undefined);
  broker.emit('adopted', REGISTRATION, 'b:1');
  broker.emit('moved', { ...REGISTRATION, clientPort: 4000 }, 'c:1');
  assert.deepEqual(entries, [
    [
      'warn',
      'Name "blog": broker b:1 of the fleet has its name',
      { event: 'claimLost', registration: 7, kind: 'name', to: 'b:1' },
    ],
    [
      'warn',
      'Name "blog": another broker of the fleet has its lease',
      { event: 'claimLost', registration: 7, kind: 'lease', to: undefined },
    ],
    [
      'info',
      'Name "blog" taken over from broker b:1',
      { event: 'adopted', registration: 7, from: 'b:1' },
    ],
    [
      'info',
      'Port 4000 ("blog") sent to broker c:1',
      { event: 'moved', registration: 7, to: 'c:1' },
    ],
  ]);
});

test('a broker that clients do not get to is told with the reason, once in a while', () => {
  const { broker, entries } = logged();
  for (const cause of [
    'not-here',
    'away',
    'reset',
    'unreachable',
    'unreachable',
    'untrusted',
  ] as const) {
    broker.emit('forwardFailed', 'b:1', cause, 'no\nroute');
  }
  assert.deepEqual(
    entries.map(([level, , fields]) => [level, (fields as { cause: string }).cause]),
    [
      ['warn', 'unreachable'],
      ['warn', 'untrusted'],
    ],
  );
  assert.equal(entries[0]?.[1], 'Clients do not get to broker b:1: no\\nroute');
  const message =
    "Cannot reach the broker at relay-2.example.net:8090: connection refused. Check that it runs, and that the brokers of the fleet reach each other's --cluster-port.";
  broker.emit('forwardFailed', 'c:1', 'unreachable', message);
  assert.equal(entries[2]?.[1], `Clients do not get to broker c:1: ${message}`, 'to its end');
});
