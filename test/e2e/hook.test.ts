import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { emptyFolder } from '../support/folder.ts';
import { runJsonAgent } from '../support/json-agent.ts';
import { BASIC, runBroker, runCli } from '../support/program.ts';
import { nowhere } from '../support/station.ts';
import { connectTo, outcome, serve } from '../support/tcp.ts';

type Entry = Record<string, unknown>;
type Event = Record<string, unknown> & { event: string; registration: Record<string, unknown> };

/** A hook by HTTP, and the events that it got. */
async function hookServer(t: TestContext) {
  const events: Event[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    events.push(JSON.parse(body) as Event);
    response.end();
    server.emit('event');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const first = async (name: string, nth = 1): Promise<Event> => {
    const found = () => events.filter(({ event }) => event === name)[nth - 1];
    while (found() === undefined) await once(server, 'event');
    return found() as Event;
  };
  return { url: `http://127.0.0.1:${port}/`, events, first };
}

/** Keys, and what kind of value each has, all the way down; of what has a place in a model, if there is one. */
function shape(value: unknown, model = value): unknown {
  if (typeof value !== 'object' || value === null) return typeof value;
  const known = Object.entries(value).filter(([key]) => Object.hasOwn(model as object, key));
  const entries = known.map(([key, each]) => [key, shape(each, (model as Entry)[key])] as const);
  return Object.fromEntries(entries);
}

/** What docs/operations.md shows: a whole event, and what others have besides. */
async function documented() {
  const page = await readFile('docs/operations.md', 'utf8');
  const section = page.split('### Hooks\n')[1]?.split('\n## ')[0] ?? '';
  const whole = JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? '') as Event;
  const rows = [...section.matchAll(/^\| `([\w-]+)` \|.*\| `(\{.*\})` \|$/gm)];
  const others = rows.map(([, name = '', besides = '']) => [name, JSON.parse(besides)] as const);
  return { whole, others: new Map(others) };
}

describe('relay-broker --hook', () => {
  test('tells a URL the life of a registration and of a client, as documented', async (t) => {
    const { url, events, first } = await hookServer(t);
    const state = join(await emptyFolder(t), 'state');
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const options = ['--hook', url, '--advertise', 'relay.example.net'];
    const names = ['--tls-names', '0', '--domain', 'example.net'];
    const broker = await runBroker(t, ...options, ...names);
    const named = ['--state', state, '--name', 'blog'];
    const agent = runJsonAgent(t, echo.port, broker.controlPort, ...named);
    const port = await agent.port();
    const client = await connectTo(t, port);
    const { localPort } = client;
    await outcome(client.end('hello'));
    await first('client-ended');
    agent.program.signal('SIGKILL');
    await first('lost');
    const again = runJsonAgent(t, echo.port, broker.controlPort, ...named);
    assert.equal(await again.port(), port);
    await first('ready', 2);
    broker.signal('SIGTERM');
    assert.equal(await broker.exited, 0);

    assert.deepEqual(
      events.map(({ event }) => event),
      [
        ...['registered', 'ready', 'client-connected', 'client-ended'],
        ...['lost', 'resumed', 'ready', 'ended'],
      ],
    );
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    const { whole, others } = await documented();
    const { registration: _, connection: __, ...head } = whole;
    for (const event of events) {
      const { registration, ...rest } = event;
      const { token, group, ...shown } = whole.registration;
      assert.deepEqual(shape(registration), shape(shown));
      assert.deepEqual([typeof token, typeof group], ['string', 'boolean']);
      assert.equal(registration.port, port);
      const besides = others.get(event.event) ?? { connection: whole.connection };
      assert.deepEqual(shape(rest, { ...head, ...besides }), shape({ ...head, ...besides }));
    }
    assert.deepEqual(Object.keys(whole).slice(0, 5), Object.keys(events[0] ?? {}).slice(0, 5));
    const { connection } = events[3] as unknown as { connection: Record<string, unknown> };
    const { clientAddress, sourcePort, bytesToServer, ending } = connection;
    assert.deepEqual(
      [clientAddress, sourcePort, bytesToServer, ending],
      ['127.0.0.1', localPort, 5, 'eof'],
    );
  });

  test('says what it cannot tell a hook, and relays all the same', async (t) => {
    const gone = await nowhere(t);
    const secret = `http://127.0.0.1:${gone.port}/services/secret`;
    const broker = await runBroker(t, '--hook', secret);
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const agent = runJsonAgent(t, echo.port, broker.controlPort);
    const client = await connectTo(t, await agent.port());
    const echoed = outcome(client);
    client.end('hello');
    assert.equal((await echoed).data.toString(), 'hello');
    await broker.line(
      /Hook http:\/\/127\.0\.0\.1:\d+ did not take "registered" .*connection refused/,
    );
    assert.doesNotMatch(broker.output, /secret/);
    agent.program.signal('SIGKILL');
  });

  test('runs a command for each event, the last ones at the end', async (t) => {
    const file = join(await emptyFolder(t), 'events');
    const broker = await runBroker(t, ...BASIC, '--hook', `cat >> ${file}`);
    await connectTo(t, broker.controlPort);
    await broker.line(/Serving relay requests/);
    broker.signal('SIGTERM');
    assert.equal(await broker.exited, 0);
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as Event).event),
      ['registered', 'ready', 'ended'],
    );
  });

  test('takes no URL that has a password, or is none', async (t) => {
    for (const hook of ['http://user:pass@localhost/', 'https://', ' ']) {
      const broker = runCli(t, 'relay-broker', ['0', '--hook', hook]);
      assert.equal(await broker.exited, 2);
      assert.match(broker.output, /hook: expected an http or https URL without a password, or/);
    }
  });
});
