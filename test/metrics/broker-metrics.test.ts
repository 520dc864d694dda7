import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { ConnectionRecord } from '#src/data-plane/data-plane.ts';
import { BrokerMetrics } from '#src/metrics/broker-metrics.ts';
import { type Family, parseExposition } from '../support/exposition.ts';
import { FakeBroker, FLEET } from '../support/operated-broker.ts';

function measure(t: TestContext) {
  const broker = new FakeBroker();
  const metrics = new BrokerMetrics(broker, '1.2.3');
  t.after(() => metrics.close());
  return { broker, metrics, scrape: async () => parseExposition(await metrics.scrape()) };
}

function valueIn(
  families: Map<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const samples = [...families.values()].flatMap((family) => family.samples);
  return samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}

const RECORD: ConnectionRecord = {
  id: 1,
  clientAddress: '198.51.100.3',
  sourcePort: 50_000,
  bytesToServer: 1,
  bytesToClient: 1,
  ending: 'eof',
  firstEnd: 'client',
  waited: 20,
  lasted: 2000,
};

test('what a broker does is told in the format of Prometheus, by its conventions', async (t) => {
  const { scrape } = measure(t);
  const families = await scrape();
  for (const [name, { type, help }] of families) {
    assert.match(name, /^(relay|process|nodejs)_[a-z_]+$/);
    assert.ok(help.length > 0 && !help.endsWith('.'), name);
    assert.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`);
    assert.doesNotMatch(name, /milli|_ms|kilo|percent/, 'base units');
  }
  const told: [name: string, value: number, labels?: Record<string, string>][] = [
    ['relay_build_info', 1, { version: '1.2.3', nodejs: process.version }],
    ['relay_draining', 0],
    ['relay_registrations', 1, { state: 'live' }],
    ['relay_registrations', 0, { state: 'held' }],
    ['relay_data_plane_threads', 2, { data_plane: 'linux' }],
    ['process_open_fds', 100],
    ['process_max_fds', 1024],
    ['relay_connections', 1, { state: 'paired' }],
    ['relay_connections', 0, { state: 'waiting' }],
    ['relay_spares', 0],
    ['relay_connections_accepted_total', 7],
    ['relay_connections_ended_total', 2, { ending: 'unfetched' }],
    ['relay_bytes_total', 1000, { direction: 'to_server' }],
    ['relay_bytes_total', 2000, { direction: 'to_client' }],
    ['relay_clients_refused_total', 4, { cause: 'rate' }],
    ['relay_back_connects_refused_total', 5, { cause: 'no-client' }],
    ['relay_registrations_refused_total', 1, { cause: 'full' }],
    ['relay_doors_refused_total', 2, { door: 'pool', cause: 'timeout' }],
    ['relay_authentication_failures_total', 6],
  ];
  for (const [name, value, labels] of told)
    assert.equal(valueIn(families, name, labels), value, name);
  assert.equal(valueIn(families, 'relay_clients_refused_total', { cause: 'no-client' }), undefined);
});

test('a hook is told of where there is one', async (t) => {
  const { scrape } = measure(t);
  assert.equal(valueIn(await scrape(), 'relay_hook_events_waiting'), undefined);
  const hook = { counters: { waiting: 1, delivered: 2, failed: 3, dropped: 4 } };
  const metrics = new BrokerMetrics(new FakeBroker(), '1', hook);
  t.after(() => metrics.close());
  const families = parseExposition(await metrics.scrape());
  assert.equal(valueIn(families, 'relay_hook_events_waiting'), 1);
  assert.equal(valueIn(families, 'relay_hook_events_total', { outcome: 'dropped' }), 4);
});

test('a fleet is told of where there is one, and then every figure says whose it is', async (t) => {
  const alone = await measure(t).scrape();
  const samplesOf = (families: Map<string, Family>) =>
    [...families.values()].flatMap(({ samples }) => samples);
  assert.ok(samplesOf(alone).every(({ name, labels }) => !/fleet/.test(name) && !labels.node));

  const broker = new FakeBroker();
  broker.inFleet = FLEET;
  const metrics = new BrokerMetrics(broker, '1.2.3');
  t.after(() => metrics.close());
  const families = parseExposition(await metrics.scrape());
  assert.deepEqual(
    [...new Set(samplesOf(families).map(({ labels }) => labels.node))],
    [FLEET.node],
  );
  const told: [name: string, value: number, labels?: Record<string, string>][] = [
    ['members', 1, { state: 'live' }],
    ['members', 1, { state: 'draining' }],
    ['members', 1, { state: 'silent' }],
    ['members', 0, { state: 'gone' }],
    ['names', 1, { owner: 'here' }],
    ['names', 2, { owner: 'elsewhere' }],
    ['directory_reachable', 1],
    ['tenure_held', 1],
    ['clients_waiting', 4],
    ['claims_total', 5],
    ['claims_refused_total', 1, { cause: 'taken' }],
    ['claims_refused_total', 0, { cause: 'unreachable' }],
    ['claims_lost_total', 1],
    ['forwarded_connections', 2],
    ['forwarded_connections_total', 7],
    ['forwarded_bytes_total', 300, { direction: 'to_server' }],
    ['forwarded_bytes_total', 400, { direction: 'to_client' }],
    ['forward_failures_total', 2, { cause: 'unreachable' }],
    ['forward_failures_total', 1, { cause: 'not-here' }],
  ];
  for (const [name, value, labels] of told) {
    assert.equal(valueIn(families, `relay_fleet_${name}`, labels), value, name);
  }
  const tenure = { ...FLEET.tenure, held: false };
  const directory = { ...FLEET.directory, reachable: false };
  broker.inFleet = { ...FLEET, directory, tenure };
  const later = parseExposition(await metrics.scrape());
  assert.equal(valueIn(later, 'relay_fleet_directory_reachable'), 0);
  assert.equal(valueIn(later, 'relay_fleet_tenure_held'), 0);
});

test('figures are those of the moment of the scrape', async (t) => {
  const { broker, scrape } = measure(t);
  await scrape();
  const { counters } = broker.now;
  broker.now = { ...broker.now, state: 'draining', counters: { ...counters, bytesToServer: 5000 } };
  const families = await scrape();
  assert.equal(valueIn(families, 'relay_draining'), 1);
  assert.equal(valueIn(families, 'relay_bytes_total', { direction: 'to_server' }), 5000);
});

test('a thread that is read between two of its figures is not taken for a restart', async (t) => {
  const { broker, scrape } = measure(t);
  await scrape();
  broker.now = { ...broker.now, counters: { ...broker.now.counters, paired: 0 } };
  assert.equal(valueIn(await scrape(), 'relay_connections_accepted_total'), 7);
});

test('waits are known when they are over, and durations at the end', async (t) => {
  const { broker, scrape } = measure(t);
  const info = broker.here[0]?.info;
  assert.ok(info);
  const client = { id: 1, address: '192.0.2.1', port: 5000 };
  broker.emit('clientPaired', info, { ...client, waited: 20 });
  broker.emit('clientPaired', info, { ...client, waited: 1 });
  broker.emit('clientEnded', info, { ...RECORD, lasted: 2000 });
  const unfetched = { ...RECORD, ending: 'unfetched', waited: 10_000, lasted: 10_000 } as const;
  broker.emit('clientEnded', info, unfetched);
  const families = await scrape();
  assert.equal(valueIn(families, 'relay_pairing_wait_seconds_count'), 2);
  assert.equal(valueIn(families, 'relay_pairing_wait_seconds_bucket', { le: '0.025' }), 2);
  assert.equal(valueIn(families, 'relay_pairing_wait_seconds_bucket', { le: '0.01' }), 1);
  assert.equal(valueIn(families, 'relay_connection_duration_seconds_count'), 2);
  assert.equal(valueIn(families, 'relay_connection_duration_seconds_sum')?.toFixed(3), '12.000');
});

test('nobody listens any more when they are closed', () => {
  const broker = new FakeBroker();
  const metrics = new BrokerMetrics(broker, '1');
  const listening = () =>
    (['clientPaired', 'clientEnded'] as const).map((event) => broker.listenerCount(event));
  assert.deepEqual(listening(), [1, 1]);
  metrics.close();
  assert.deepEqual(listening(), [0, 0]);
});
