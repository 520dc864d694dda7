import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { RelayError } from '#src/errors.ts';
import { bearer, openAdmin } from '../support/admin.ts';
import { emptyFolder } from '../support/folder.ts';
import { FakeBroker, FLEET } from '../support/operated-broker.ts';
import { freePorts } from '../support/tcp.ts';

const TOKEN = 'a-token-that-nobody-guesses';

async function tokenFile(t: TestContext, mode = 0o600): Promise<string> {
  const file = join(await emptyFolder(t), 'admin.token');
  await writeFile(file, `${TOKEN}\n`, { mode });
  return file;
}

/** What a raw request gets, to the end of the connection. */
async function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

test('health is told to whoever asks, and no more than that', async (t) => {
  const { get, broker } = await openAdmin(t, { adminTokenFile: await tokenFile(t) });
  const healthy = await get('healthz');
  assert.deepEqual([healthy.status, await healthy.text()], [200, 'ok\n']);
  const ready = await get('readyz');
  assert.deepEqual([ready.status, await ready.text()], [200, 'ready\n']);
  broker.now = { ...broker.now, state: 'draining' };
  const draining = await get('readyz');
  assert.deepEqual([draining.status, await draining.text()], [503, 'draining\n']);
  assert.equal((await get('healthz')).status, 200, 'it lives until it has drained');
});

test('a broker that is cut off from its fleet is not ready, as others serve its names', async (t) => {
  const { get, broker } = await openAdmin(t);
  broker.inFleet = FLEET;
  assert.equal((await get('readyz')).status, 200);
  broker.inFleet = { ...FLEET, tenure: { held: false, since: new Date() } };
  const away = await get('readyz');
  assert.deepEqual([away.status, await away.text()], [503, 'cut off from its fleet\n']);
  assert.equal((await get('healthz')).status, 200, 'to start it again would help nobody');
});

test('what is told without a token is told to this machine alone, under its own names', async (t) => {
  const { get, admin, reported } = await openAdmin(t);
  assert.equal((await get('api/v1/status')).status, 200);
  const { port } = new URL(admin.url);
  for (const head of [
    `GET /api/v1/status HTTP/1.1\r\nHost: evil.example:${port}\r\nConnection: close\r\n\r\n`,
    'GET /api/v1/status HTTP/1.0\r\n\r\n',
  ]) {
    const refused = await raw(admin.url, head);
    assert.match(refused, /^HTTP\/1.1 403 /);
    assert.doesNotMatch(refused, /registrations/);
    assert.deepEqual(reported.at(-1), ['refused', '127.0.0.1', 'host']);
  }
});

test('with a token, all but health takes it', async (t) => {
  const { get, broker, reported } = await openAdmin(t, { adminTokenFile: await tokenFile(t) });
  for (const path of [
    'metrics',
    'api/v1/status',
    'api/v1/registrations',
    'api/v1/events',
    'api/v1/nothing',
  ]) {
    const refused = await get(path);
    assert.equal(refused.status, 401, path);
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/);
    const wrong = await get(`${path}?token=${TOKEN}`);
    assert.equal(wrong.status, 401, 'an address is written into logs');
  }
  assert.equal((await get('api/v1/status', { headers: bearer(TOKEN) })).status, 200);
  const kicked = await get('api/v1/registrations/7', { method: 'DELETE', headers: bearer(TOKEN) });
  assert.equal(kicked.status, 204);
  assert.deepEqual(broker.done, ['end 7']);
  assert.deepEqual(reported.at(-1), ['acted', '127.0.0.1', 'DELETE /api/v1/registrations/7']);
  await get('api/v1/status', { headers: bearer(`${TOKEN}x`) });
  assert.deepEqual(reported.at(-1), ['refused', '127.0.0.1', 'wrong-token']);
});

test('nothing is changed for whom is turned away', async (t) => {
  const { get, broker, drains } = await openAdmin(t, { adminTokenFile: await tokenFile(t) });
  const foreign = { ...bearer(TOKEN), origin: 'https://evil.example' };
  const json = { 'content-type': 'application/json' };
  const asked: [path: string, init: RequestInit, status: number][] = [
    ['registrations/7', { method: 'DELETE' }, 401],
    ['registrations/7/connections/3', { method: 'DELETE', headers: foreign }, 403],
    ['drain', { method: 'POST', headers: foreign }, 403],
    ['drain', { method: 'POST', headers: bearer(TOKEN), body: 'deadline=0' }, 415],
    [
      'drain',
      { method: 'POST', headers: { ...bearer(TOKEN), ...json }, body: '{"deadline":-1}' },
      400,
    ],
    ['drain', { method: 'POST', headers: { ...bearer(TOKEN), ...json }, body: '{"after":1}' }, 400],
    ['drain', { method: 'POST', headers: { ...bearer(TOKEN), ...json }, body: '{' }, 400],
    [
      'drain',
      { method: 'POST', headers: { ...bearer(TOKEN), ...json }, body: '"x"'.padEnd(2000) },
      413,
    ],
    ['drain', { method: 'GET', headers: bearer(TOKEN) }, 404],
  ];
  for (const [path, init, status] of asked) {
    const answer = await get(`api/v1/${path}`, init);
    assert.equal(answer.status, status, `${init.method} ${path} ${init.body}`);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    assert.ok(error.code && error.message);
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
  }
  assert.deepEqual([broker.done, drains], [[], []]);
});

test('a body that breaks off changes nothing, and is nothing to report', async (t) => {
  const { admin, get, drains, reported } = await openAdmin(t, {
    adminTokenFile: await tokenFile(t),
  });
  const { hostname, port } = new URL(admin.url);
  const asking = connect(Number(port), hostname);
  const head = `POST /api/v1/drain HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n`;
  const body = 'Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"deadline":';
  await new Promise((resolve) => asking.write(`${head}${body}`, resolve));
  await get('healthz');
  asking.destroy();
  await get('healthz');
  assert.deepEqual(drains, []);
  assert.deepEqual(
    reported.map(([what]) => what),
    ['listening'],
  );
});

test('who may ask from another site is said to no browser', async (t) => {
  const { get } = await openAdmin(t, { adminTokenFile: await tokenFile(t) });
  const preflight = await get('api/v1/drain', {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.status, 403);
  for (const name of preflight.headers.keys()) assert.doesNotMatch(name, /^access-control/);
});

test('a token that is replaced is taken from then on, and who followed with the old one is cut off', async (t) => {
  const file = await tokenFile(t);
  const { get } = await openAdmin(t, { adminTokenFile: file });
  const followed = await get('api/v1/events', { headers: bearer(TOKEN) });
  const other = 'another-token-altogether';
  await writeFile(file, other);
  assert.match(await followed.text(), /^event: snapshot\n/, 'up to its end');
  assert.equal((await get('api/v1/status', { headers: bearer(TOKEN) })).status, 401);
  assert.equal((await get('api/v1/status', { headers: bearer(other) })).status, 200);
});

test('a token that others can read is warned of', async (t) => {
  const file = await tokenFile(t);
  await chmod(file, 0o644);
  const { reported } = await openAdmin(t, { adminTokenFile: file });
  assert.deepEqual(reported[0], ['tokenExposed', file]);
});

test('others are let in with a token only, and the operator hears that nothing is encrypted', async (t) => {
  await assert.rejects(openAdmin(t, { admin: '0.0.0.0:1' }), (error: unknown) => {
    assert.ok(error instanceof RelayError && error.code === 'E_BAD_OPTION');
    assert.match(error.message, /--admin-token-file <file>/);
    return true;
  });
  await assert.rejects(openAdmin(t, { admin: '[::]:1' }), { code: 'E_BAD_OPTION' });
  const admin = `0.0.0.0:${await freePorts(1)}`;
  const { reported } = await openAdmin(t, { admin, adminTokenFile: await tokenFile(t) });
  assert.deepEqual(reported, [['listening', `http://${admin}/`, true]]);
});

test('a listener that cannot be opened is told with its reason, and leaves nothing behind', async (t) => {
  const { admin } = await openAdmin(t);
  const taken = new URL(admin.url).host;
  await assert.rejects(openAdmin(t, { admin: taken }), {
    code: 'E_LISTEN',
    message: /in use already.*--admin/,
  });
  await assert.rejects(openAdmin(t, { adminTokenFile: '/nowhere/token' }), {
    code: 'E_BAD_OPTION',
    message: 'adminTokenFile: /nowhere/token: no such file or socket',
  });
  await assert.rejects(openAdmin(t, { admin: 'no-such-host.invalid:1' }), { code: 'E_BAD_OPTION' });
});

test('what is too large or too slow is not waited for', async (t) => {
  const { admin } = await openAdmin(t);
  const long = await raw(
    admin.url,
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9000)}\r\n\r\n`,
  );
  assert.match(long, /^HTTP\/1.1 431 /);
});

test('closing ends those who follow, and lets go of who has not finished to ask', async (t) => {
  const broker = new FakeBroker();
  const { get, admin } = await openAdmin(t, {}, broker);
  const followed = await get('api/v1/events');
  const { hostname, port } = new URL(admin.url);
  const asking = request({ hostname, port, method: 'GET', path: '/' });
  asking.on('error', () => {});
  asking.flushHeaders();
  const idle = connect(Number(port), hostname);
  idle.on('error', () => {});
  await once(idle, 'connect');
  await admin.close();
  assert.match(await followed.text(), /^event: snapshot\n/);
  await assert.rejects(fetch(admin.url));
  for (const name of broker.eventNames()) assert.equal(broker.listenerCount(name), 0);
  idle.destroy();
  asking.destroy();
});
