import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describeApi } from '#src/admin/api/openapi.ts';
import { EventStreams } from '#src/admin/event-streams.ts';
import type { RegistrationInfo } from '#src/broker/events.ts';
import { openAdmin } from '../support/admin.ts';
import { FakeBroker } from '../support/operated-broker.ts';
import { until } from '../support/until.ts';

/** The events of a stream as they come. */
async function* eventsOf(answer: Response): AsyncGenerator<[name: string, data: unknown]> {
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/event-stream');
  let rest = '';
  for await (const chunk of answer.body ?? []) {
    const events = (rest + Buffer.from(chunk).toString()).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
      yield [name, JSON.parse(data)];
    }
  }
}

async function next(events: AsyncGenerator<[string, unknown]>): Promise<[string, unknown]> {
  const { value } = await events.next();
  return value;
}

function registrationOf(broker: FakeBroker): RegistrationInfo {
  const [registration] = broker.here;
  assert.ok(registration);
  return registration.info;
}

test('who follows gets a snapshot at once and every second, what happens, and the connections asked for', async (t) => {
  const { get, broker } = await openAdmin(t);
  const events = eventsOf(await get('api/v1/events?connections=7,8'));
  const [name, snapshot] = await next(events);
  assert.equal(name, 'snapshot');
  const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
  ajv.addSchema({ $id: 'api', ...describeApi('1') });
  const check = ajv.compile({ $ref: 'api#/components/schemas/Snapshot' });
  assert.ok(check(snapshot), ajv.errorsText(check.errors));

  broker.emit('held', registrationOf(broker), 'lost', 60);
  assert.deepEqual(await next(events), ['held', { registration: 7 }]);
  assert.equal((await next(events))[0], 'snapshot');
  assert.deepEqual(await next(events), [
    'connections',
    { registration: 7, total: 1, connections: broker.live },
  ]);
  assert.deepEqual(await next(events), [
    'connections',
    { registration: 8, total: 0, connections: [] },
  ]);
  await events.return(undefined);
});

test('a broker that nobody follows is not listened to', async (t) => {
  const { get, broker } = await openAdmin(t);
  const following = new AbortController();
  await get('api/v1/events', { signal: following.signal });
  assert.equal(broker.listenerCount('registered'), 1);
  following.abort();
  await until(() => broker.listenerCount('registered') === 0);
});

test('so many may follow, and the next are told that', async (t) => {
  const { get, broker } = await openAdmin(t);
  const followed = await Promise.all(Array.from({ length: 16 }, () => get('api/v1/events')));
  assert.ok(followed.every(({ status }) => status === 200));
  const refused = await get('api/v1/events');
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /Close one/);
  assert.equal((await get('api/v1/status')).status, 200, 'all else goes on');
  assert.equal(broker.listenerCount('ended'), 1, 'one for all');
  assert.equal((await get('api/v1/events', { method: 'HEAD' })).status, 503);
});

test('what cannot be followed is told', async (t) => {
  const { get } = await openAdmin(t);
  for (const query of ['x', '1,,2', '-1', '1,2,3,4,5,6,7,8,9', '']) {
    assert.equal((await get(`api/v1/events?connections=${query}`)).status, 400, query);
  }
});

/** Streams of a broker, with snapshots quickly one after the other, and somebody who follows. */
async function follow(t: TestContext, broker: FakeBroker) {
  const failures: unknown[] = [];
  const { started, ...status } = broker.now;
  const snapshot = () => ({
    at: 0,
    status: { version: 'x'.repeat(100_000), started: started.toISOString(), ...status },
    registrations: [],
  });
  const streams = new EventStreams(broker, snapshot, (error) => failures.push(error), 2);
  const server = createServer((_, response) => streams.open(response, [7]));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reader = connect(port, '127.0.0.1').on('error', () => {});
  reader.pause();
  reader.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [response] = (await once(server, 'request')).slice(1) as [ServerResponse];
  t.after(async () => {
    streams.close();
    reader.destroy();
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { failures, reader, response };
}

test('who does not read costs no more memory, and is dropped', async (t) => {
  const broker = new FakeBroker();
  const { response } = await follow(t, broker);
  const info = registrationOf(broker);
  let most = 0;
  while (!response.destroyed) {
    for (let n = 0; n < 100; n += 1) broker.emit('held', info, 'lost', 60);
    most = Math.max(most, response.writableLength);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(most > 0 && most < 400_000, `${most} bytes lay unread`);
  await until(() => broker.listenerCount('held') === 0);
});

test('who reads slowly stays, and misses only what the next snapshot tells', async (t) => {
  const broker = new FakeBroker();
  const { reader, response } = await follow(t, broker);
  let snapshots = 0;
  while (snapshots < 30) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (let chunk = reader.read(); chunk !== null; chunk = reader.read()) {
      snapshots += String(chunk).split('event: snapshot\n').length - 1;
    }
  }
  assert.equal(response.destroyed, false);
});

test('a broker that cannot say how it stands is told of, and asked again', async (t) => {
  const broker = new FakeBroker();
  const { reader, failures } = await follow(t, broker);
  reader.resume();
  const connections = broker.connections;
  broker.connections = () => Promise.reject(new Error('closing'));
  await until(() => failures.length > 1);
  broker.connections = connections;
  let told = '';
  reader.on('data', (chunk) => {
    told += chunk;
  });
  await until(() => told.includes('event: connections'));
});
