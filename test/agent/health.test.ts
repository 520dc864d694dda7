import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createAgent } from 'relay-broker';
import { Health } from '#src/agent/health.ts';
import { FakeBroker } from '../support/fake-broker.ts';
import { emptyFolder } from '../support/folder.ts';
import { runAgent } from '../support/running-agent.ts';
import { nowhere } from '../support/station.ts';
import { serve } from '../support/tcp.ts';

/** A target whose checks the test answers, and sees. */
async function target(t: TestContext, options?: { path: string }) {
  const service = { status: 200, path: '' };
  const server = createServer((request, response) => {
    service.path = request.url ?? '';
    response.writeHead(service.status).end('some words');
  });
  server.listen(options ?? { port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return Object.assign(service, { server, port });
}

describe('a target that is asked for a path', () => {
  test('is down after two failures in a row, and up after one good answer', async (t) => {
    const service = await target(t);
    const changes: (string | undefined)[] = [];
    const at = { host: '127.0.0.1', port: service.port };
    const health = new Health(at, 'http:/healthz?deep', (reason) => changes.push(reason));
    const asked = async (status: number) => {
      service.status = status;
      await health.check();
      return health.reason;
    };
    assert.equal(await asked(200), undefined);
    assert.equal(service.path, '/healthz?deep');
    for (const status of [503, 302, 404, 204, 500]) {
      assert.equal(await asked(status), undefined, 'no two failures in a row');
    }
    assert.equal(await asked(404), 'it answered with status 404');
    assert.equal(await asked(500), 'it answered with status 500');
    assert.equal(await asked(399), undefined);
    assert.deepEqual(changes, ['it answered with status 404', undefined]);
  });

  test('counts as down from the first failure on when nobody has seen it up', async (t) => {
    const service = await target(t);
    service.status = 500;
    const at = { host: '127.0.0.1', port: service.port };
    const health = new Health(at, 'http:/', () => {});
    await health.check();
    assert.equal(health.reason, 'it answered with status 500');
  });

  test('may listen on a unix socket', async (t) => {
    const path = join(await emptyFolder(t), 'service.sock');
    const service = await target(t, { path });
    const broker = await FakeBroker.start(t);
    const { next, told } = runAgent(t, {
      to: broker.to,
      target: `unix:${path}`,
      health: 'http:/',
    });
    await next('ready');
    assert.equal(service.path, '/');
    assert.ok(!told.includes('down'));
  });

  test('is down when it takes too long to answer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const mute = await serve(t, (socket) => socket.resume());
    const broker = await FakeBroker.start(t);
    const { next } = runAgent(t, { to: broker.to, target: mute.port, health: 'http:/' });
    const down = next('down');
    await once(mute, 'connection');
    t.mock.timers.tick(5000);
    assert.deepEqual(await down, ['no answer in time']);
  });
});

test('the relay is told when the target goes and when it is back, and nothing in between', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const service = await target(t);
  // It gives no sign of life.
  const broker = await FakeBroker.start(t, { registered: { deadline: 3600 } });
  const { next } = runAgent(t, { to: broker.to, target: service.port, health: 'http:/' });
  await next('ready');
  const control = await broker.agent();
  service.status = 500;
  for (let n = 0; n < 4; n += 1) await nextCheck(t, service);
  assert.deepEqual(await control.heard('PARK'), { reason: 'it answered with status 500' });
  service.status = 200;
  for (let n = 0; n < 2; n += 1) await nextCheck(t, service);
  await control.heard('UNPARK');
  assert.equal(control.lines.length, 4);
});

describe('a target that only has to be there', () => {
  test('is checked before anybody is let in', async (t) => {
    const closed = await nowhere(t);
    const broker = await FakeBroker.start(t);
    const { next, told } = runAgent(t, { to: broker.to, target: closed.port, health: 'tcp' });
    await next('ready');
    assert.deepEqual(told, ['dataPlane', 'down', 'connected', 'ready']);
    const control = await broker.agent();
    assert.deepEqual(await control.heard('PARK'), { reason: 'connection refused' });
  });

  test('is down for the next registration, too', async (t) => {
    const closed = await nowhere(t);
    const broker = await FakeBroker.start(t);
    const { next } = runAgent(t, { to: broker.to, target: closed.port, health: 'tcp' });
    await next('ready');
    (await broker.agent()).socket.destroy();
    await (await broker.agent(2)).heard('PARK');
  });

  test('is connected to, and left at once', async (t) => {
    const visits: string[] = [];
    const service = await serve(t, (socket) => {
      socket.resume().on('end', () => {
        visits.push('end');
        socket.end();
      });
    });
    const broker = await FakeBroker.start(t);
    const { next, told } = runAgent(t, { to: broker.to, target: service.port, health: 'tcp' });
    await next('ready');
    while (visits.length === 0) await new Promise(setImmediate);
    assert.ok(!told.includes('down'));
  });
});

test('an agent that is closed stops checking at once', async (t) => {
  const mute = await serve(t, (socket) => socket.resume());
  const { agent, over } = runAgent(t, { to: '127.0.0.1:1', target: mute.port, health: 'http:/' });
  const [[socket]] = await Promise.all([once(mute, 'connection')]);
  const closed = once(socket, 'close');
  await agent.close();
  await over;
  socket.destroy();
  await closed;
});

test('a server object has no health, and reads no header', () => {
  for (const options of [{ health: 'tcp' }, { proxyProtocol: 'v1' }] as const) {
    assert.throws(() => createAgent({ to: 'a:1', target: createServer(), ...options }), {
      code: 'E_BAD_OPTION',
    });
  }
});

/** Has the time until the next check pass, and waits until that is over. */
async function nextCheck(t: TestContext, { server }: Awaited<ReturnType<typeof target>>) {
  const asked = once(server, 'request');
  t.mock.timers.tick(5000);
  const [{ socket }] = await asked;
  if (!socket.closed) await once(socket, 'close');
  // The agent, in the same process, has seen the end of its answer as well.
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}
