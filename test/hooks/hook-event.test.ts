import assert from 'node:assert/strict';
import test from 'node:test';
import { createBroker } from '#src/broker/broker.ts';
import type { RegistrationInfo } from '#src/broker/events.ts';
import type { ExchangeCounters } from '#src/data-plane/data-plane.ts';
import { tellOf } from '#src/hooks/hook-event.ts';

const REGISTRATION: RegistrationInfo = {
  ...{ id: 7, protocol: 'names', address: '192.0.2.1', clientPort: 4000, backConnectPort: 5000 },
  ...{ name: 'x\n\u202e', secured: false },
};

/** A broker that never starts, whose events the test emits, and what a hook is told of them. */
function told() {
  const broker = createBroker({ port: 0 });
  const events: Record<string, unknown>[] = [];
  tellOf(broker, { domain: undefined }, (event) => {
    events.push(JSON.parse(JSON.stringify(event)));
  });
  return { broker, events, names: () => events.map(({ event }) => event) };
}

test('a registration of the state file is ready when its agent is back, not before', () => {
  const { broker, events, names } = told();
  broker.emit('restored', REGISTRATION);
  assert.deepEqual(names(), ['registered']);
  assert.equal(events[0]?.restored, true);
  broker.emit('resumed', REGISTRATION);
  assert.deepEqual(names(), ['registered', 'resumed', 'ready']);
});

test('one that goes on in another process has not ended', () => {
  const { broker, names } = told();
  const counters = {} as ExchangeCounters;
  broker.emit('ended', REGISTRATION, 'moved', counters);
  assert.deepEqual(names(), []);
  broker.emit('ended', REGISTRATION, 'kicked', counters);
  assert.deepEqual(names(), ['ended']);
});

test('in a fleet, a hook learns where a registration is, where it came from and where it went', () => {
  const { broker, events, names } = told();
  const here = { ...REGISTRATION, node: 'a:1', generation: 12 };
  broker.emit('registered', here);
  broker.emit('adopted', here, 'b:1');
  broker.emit('moved', here, 'c:1');
  broker.emit('ended', here, 'moved', {} as ExchangeCounters);
  assert.deepEqual(names(), ['registered', 'ready', 'adopted', 'moved']);
  assert.deepEqual([events[2]?.from, events[3]?.to], ['b:1', 'c:1']);
  for (const { registration } of events) {
    const { node, generation } = registration as Partial<RegistrationInfo>;
    assert.deepEqual({ node, generation }, { node: 'a:1', generation: 12 });
  }
});

test('a name that a stranger chose can do no harm', () => {
  const { broker, events } = told();
  broker.emit('registered', REGISTRATION);
  const { registration } = events[0] as { registration: Record<string, unknown> };
  assert.equal(registration.name, 'x\\n\\u202e');
});
