import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createBroker } from '#src/broker/broker.ts';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import { connectAgent, registerAgent } from '../support/extended-agent.ts';
import { relayedPair } from '../support/relayed-pair.ts';
import { connectTo, outcome, read } from '../support/tcp.ts';

test('a broker that has not been started has no status', async () => {
  const broker = createBroker({ port: 0 });
  assert.throws(() => broker.status(), { code: 'E_NOT_RUNNING' });
  assert.throws(() => broker.registrations(), { code: 'E_NOT_RUNNING' });
  await assert.rejects(broker.endRegistration(1), { code: 'E_NOT_RUNNING' });
});

test('what a broker does is told while it does it', async (t) => {
  const before = Date.now();
  const { broker, port } = await startBroker(t, { announcePort: 0, advertise: 'relay.test' });
  const { agent, granted } = await registerAgent(t, port);
  const [registration] = broker.registrations();
  assert.equal(registration?.info.clientPort, granted.port);
  assert.equal(registration?.state, 'live');
  assert.equal(registration?.host, 'relay.test');
  assert.ok(registration.since.getTime() >= before);

  agent.say('PARK', { reason: 'down' });
  await told(broker, 'parked');
  assert.deepEqual(broker.status().registrations, { live: 0, parked: 1, held: 0, draining: 0 });

  const refused = told(broker, 'refused');
  (await connectTo(t, port)).end('nonsense\n');
  await refused;
  const held = told(broker, 'held');
  agent.socket.resetAndDestroy();
  await held;
  const status = broker.status();
  assert.deepEqual(status.registrations, { live: 0, parked: 0, held: 1, draining: 0 });
  const { leaseEnds } = broker.registrations()[0] ?? {};
  assert.ok(leaseEnds && leaseEnds.getTime() > Date.now() + 50_000, 'the lease is a minute');
  assert.equal(status.state, 'serving');
  assert.deepEqual(status.refused, { 'hello-unknown': 1 });
  assert.equal(status.at.port, port);
  assert.deepEqual(
    status.doors.map(({ name }) => name),
    ['announce'],
  );
  assert.ok(status.descriptors.used > 3 && status.descriptors.used < status.descriptors.most);

  await broker.close();
  assert.equal(broker.status().state, 'draining');
});

for (const dataPlane of DATA_PLANES) {
  describe(`an operator (${dataPlane})`, () => {
    test('sees bytes move, and ends a connection', async (t) => {
      const { broker, client, server, registration } = await relayedPair(t, dataPlane);
      client.write('12345');
      await read(server, 5);
      const [connection] = (await broker.connections(registration)) ?? [];
      assert.equal(connection?.bytesToServer, 5);
      assert.equal(connection?.sourcePort, client.localPort);
      assert.equal(broker.status().counters.bytesToServer, 5);

      const ended = told(broker, 'clientEnded');
      assert.equal(await broker.endConnection(registration, connection.id), true);
      assert.equal((await outcome(client)).ending, 'ECONNRESET');
      const [info, record] = await ended;
      assert.deepEqual([info.id, record.id, record.ending], [registration, 1, 'kicked']);
      assert.equal(await broker.endConnection(registration, connection.id), false);
    });

    test('ends a registration, and then what it still relays', async (t) => {
      const { broker, agent, client, server, registration } = await relayedPair(t, dataPlane);
      assert.equal(await broker.endRegistration(registration), true);
      assert.equal((await agent.line('ERROR')).code, 'ended-by-operator');
      client.write('12345');
      assert.equal(String(await read(server, 5)), '12345');
      assert.equal(broker.registrations()[0]?.state, 'draining');

      const ended = told(broker, 'clientEnded');
      assert.equal(await broker.endRegistration(registration), true);
      assert.equal((await outcome(client)).ending, 'ECONNRESET');
      assert.equal((await ended)[1].ending, 'kicked');
      assert.equal(await broker.endRegistration(registration), false);
      const { counters } = broker.status();
      assert.deepEqual([counters.bytesToServer, counters.ended.kicked], [5, 1]);
    });

    test('releases a lease', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const held = told(broker, 'held');
      agent.socket.end();
      await held;
      assert.equal(await broker.endRegistration(granted.registration), true);
      const again = await (await connectAgent(t, port)).register({ resume: granted.key });
      assert.equal(again.resumed, false);
      assert.notEqual(again.registration, granted.registration);
    });
  });
}
