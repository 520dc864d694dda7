import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describeApi } from '#src/admin/api/openapi.ts';
import { bearer, openAdmin } from '../../support/admin.ts';
import { startBroker, told } from '../../support/broker.ts';
import { registerAgent } from '../../support/extended-agent.ts';
import { emptyFolder } from '../../support/folder.ts';
import { FLEET, ONWARD } from '../../support/operated-broker.ts';
import { connectTo } from '../../support/tcp.ts';

interface Described {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, Answer> }>>;
}

interface Answer {
  $ref?: string;
  content?: Record<string, { schema: object }>;
}

const description = describeApi('1.2.3') as Described;
const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
ajv.addSchema({ $id: 'openapi.json', ...description });

test('the description is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate({ ...description });
  assert.equal(valid, true, JSON.stringify(errors));
});

test('the description in docs/ is up to date (scripts/describe-api.ts writes it)', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const written = JSON.parse(await readFile('docs/openapi.json', 'utf8'));
  assert.deepEqual(written, describeApi(version));
});

test('a broker gives the description of its own version', async (t) => {
  const { get } = await openAdmin(t);
  const answer = await get('api/v1/openapi.json');
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), description);
});

test('every operation does on a broker what is described, and answers so', async (t) => {
  const { broker, port } = await startBroker(t, {
    advertise: 'relay.test',
    // Schemas take their time.
    ...{ pairTimeout: 600, heartbeat: 600 },
  });
  const { granted } = await registerAgent(t, port);
  const { id: registrationId } = broker.registrations()[0]?.info ?? {};
  const waiting = told(broker, 'clientWaiting');
  const client = await connectTo(t, granted.port);
  client.on('error', () => {});
  const [, { id }] = await waiting;
  const file = join(await emptyFolder(t), 'token');
  const token = 'a-token-that-nobody-guesses';
  await writeFile(file, token, { mode: 0o600 });
  const { get, drains } = await openAdmin(t, { adminTokenFile: file }, broker);
  const asked = async (
    operation: string,
    method: string,
    path: string,
    { status = 200, body }: { status?: number; body?: object } = {},
  ): Promise<unknown> => {
    const headers = { ...bearer(token), 'content-type': 'application/json' };
    const filled = path
      .replace('{registration}', `${registrationId}`)
      .replace('{connection}', `${id}`);
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await get(`api/v1${filled}`, init);
    assert.equal(answer.status, status, `${method} ${path}`);
    const described = description.paths[path]?.[method.toLowerCase()];
    assert.equal(described?.operationId, operation);
    const text = await answer.text();
    const contents = contentsOf(described?.responses[status]);
    if (contents === undefined) {
      assert.equal(text, '');
      return undefined;
    }
    const [type, { schema }] = contents;
    assert.equal(answer.headers.get('content-type'), type);
    const value = JSON.parse(text);
    const check = ajv.compile({ $ref: `openapi.json${(schema as { $ref: string }).$ref}` });
    assert.ok(check(value), `${operation}: ${ajv.errorsText(check.errors)}`);
    called.add(operation);
    return value;
  };
  const called = new Set<string>();
  const registration = '/registrations/{registration}';
  const connection = `${registration}/connections/{connection}`;
  const missing = { status: 404 };

  const status = (await asked('getStatus', 'GET', '/status')) as { counters: { waiting: number } };
  assert.equal(status.counters.waiting, 1);
  assert.equal(((await asked('listRegistrations', 'GET', '/registrations')) as []).length, 1);
  assert.ok(Array.isArray(await asked('getPast', 'GET', '/past')));
  await asked('getFleet', 'GET', '/fleet', missing);
  await asked('listFleetNames', 'GET', '/fleet/names', missing);
  await asked('listForwarded', 'GET', '/fleet/connections', missing);
  await asked('endForwarded', 'DELETE', '/fleet/connections/{connection}', missing);
  const listed = await asked('listConnections', 'GET', `${registration}/connections`);
  assert.deepEqual([(listed as { state: string }[])[0]?.state], ['waiting']);
  const ended = told(broker, 'clientEnded');
  await asked('endConnection', 'DELETE', connection, { status: 204 });
  assert.equal((await ended)[1].ending, 'kicked');
  await asked('endConnection', 'DELETE', connection, missing);
  const over = told(broker, 'ended');
  await asked('endRegistration', 'DELETE', registration, { status: 204 });
  assert.equal((await over)[1], 'kicked');
  await asked('endRegistration', 'DELETE', registration, missing);
  await asked('listConnections', 'GET', `${registration}/connections`, missing);
  assert.deepEqual(
    await asked('drain', 'POST', '/drain', { status: 202, body: { deadline: 2.5 } }),
    { connections: 0 },
  );
  await asked('drain', 'POST', '/drain', { status: 202 });
  assert.deepEqual(drains, [2.5, undefined]);

  const all = Object.values(description.paths).flatMap((path) => Object.values(path));
  assert.deepEqual(
    all.map(({ operationId }) => operationId).filter((name) => !called.has(name)),
    ['followEvents'],
    'which test/admin/event-streams.test.ts calls',
  );
});

test('a fleet and its names are told as is described', async (t) => {
  const { broker, get } = await openAdmin(t);
  broker.inFleet = FLEET;
  broker.names = [{ name: 'blog', member: FLEET.node, offer: 'open', generation: 7 }];
  broker.onward = [ONWARD];
  for (const [path, schema] of [
    ['fleet', 'Fleet'],
    ['fleet/names', 'FleetNames'],
    ['fleet/connections', 'ForwardedConnections'],
  ] as const) {
    const check = ajv.compile({ $ref: `openapi.json#/components/schemas/${schema}` });
    const answer = await get(`api/v1/${path}`);
    assert.ok(check(await answer.json()), ajv.errorsText(check.errors));
  }
  const query = (text: string) => get(`api/v1/fleet/names?${text}`);
  assert.equal((await query('contains=blog&after=a&limit=1000')).status, 200);
  for (const wrong of ['limit=0', 'limit=1001', 'limit=x', 'limit=1.5', 'offset=1']) {
    const answer = await query(wrong);
    assert.equal(answer.status, 400, wrong);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    assert.equal(error.code, 'query');
    assert.match(error.message, /^The query is not as it should be: (limit|offset): /);
  }
});

function contentsOf(answer: Answer | undefined): [string, { schema: object }] | undefined {
  const { Failure } = (
    description as unknown as { components: { responses: Record<string, Answer> } }
  ).components.responses;
  const { content } = answer?.$ref === undefined ? (answer ?? {}) : (Failure ?? {});
  return Object.entries(content ?? {})[0];
}
