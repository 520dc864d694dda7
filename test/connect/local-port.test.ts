import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { LocalPort } from '#src/connect/local-port.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { fakeNames } from '../support/fake-names.ts';
import { connectTo, outcome, serve, visit } from '../support/tcp.ts';

/** A local port for a service of which the test itself answers for the relay. */
async function openPort(
  t: TestContext,
  asked: (name: string, socket: Socket) => void,
  budget?: DescriptorBudget,
  others: string[] = [],
) {
  const relay = await fakeNames(t, asked);
  const events = new EventEmitter();
  const local = await LocalPort.open(
    { name: 'blog', via: [...others, relay.via].join() },
    { host: '127.0.0.1', port: 0 },
    {
      ended: (report) => events.emit('ended', report),
      failed: (error) => events.emit('failed', error),
    },
    budget,
  );
  t.after(() => local.close({ drain: 0 }));
  return { local, relay, events };
}

const echo = (_: string, socket: Socket) => {
  socket.write('CONNECTED\n');
  socket.pipe(socket);
};

test('each connection is joined with the service, its directions kept apart', async (t) => {
  const { local, events } = await openPort(t, echo);
  const ended = once(events, 'ended');
  assert.equal(await visit(t, local.port, 'hello'), 'hello');
  assert.deepEqual(await ended, [
    { bytesToServer: 5, bytesToClient: 5, ending: 'eof', firstEnd: 'client' },
  ]);
});

test('a relay that could not be reached is not tried first by the next connection', async (t) => {
  t.mock.method(Math, 'random', () => 0);
  let visits = 0;
  const dying = await serve(t, (socket) => {
    visits += 1;
    socket.resetAndDestroy();
  });
  const { local } = await openPort(t, echo, undefined, [`127.0.0.1:${dying.port}`]);
  for (const text of ['one', 'two']) assert.equal(await visit(t, local.port, text), text);
  assert.equal(visits, 1);
});

test('a reset of either side is one for the other', async (t) => {
  const services: Socket[] = [];
  const { local, relay } = await openPort(t, (_, socket) => {
    services.push(socket);
    socket.write('CONNECTED\nx');
    relay.emit('joined');
  });
  for (const whose of ['client', 'service']) {
    const joined = once(relay, 'joined');
    const client = await connectTo(t, local.port);
    await joined;
    await once(client, 'readable');
    const service = services.pop();
    assert.ok(service !== undefined);
    const [from, to] = whose === 'client' ? [client, service] : [service, client];
    const seen = outcome(to);
    from.resetAndDestroy();
    assert.equal((await seen).ending, 'ECONNRESET');
  }
});

test('a connection is reset when there is no such service, and others are not', async (t) => {
  let count = 0;
  const { local, events } = await openPort(t, (name, socket) => {
    count += 1;
    if (count === 1) socket.end('NOEXIST\n');
    else echo(name, socket);
  });
  const failed = once(events, 'failed');
  assert.equal(await visit(t, local.port, 'hello'), 'ECONNRESET');
  assert.equal((await failed)[0].refusal, 'NOEXIST');
  assert.equal(await visit(t, local.port, 'hello'), 'hello');
});

test('closing lets connections finish, for as long as it has time', async (t) => {
  const { local } = await openPort(t, echo);
  const client = await connectTo(t, local.port);
  client.write('x');
  await once(client, 'readable');
  const closed = local.close();
  await assert.rejects(connectTo(t, local.port), { code: 'ECONNREFUSED' });
  const seen = outcome(client);
  client.end('y');
  assert.deepEqual(await seen, { data: Buffer.from('xy'), ending: 'eof' });
  await closed;
});

test('closing without time resets what is joined and what is about to be', async (t) => {
  let count = 0;
  const { local, relay } = await openPort(t, (_, socket) => {
    count += 1;
    if (count === 1) socket.write('CONNECTED\nx');
    else relay.emit('asked');
  });
  const joined = await connectTo(t, local.port);
  await once(joined, 'readable');
  const asked = once(relay, 'asked');
  const waiting = await connectTo(t, local.port);
  await asked;
  const seen = [outcome(joined), outcome(waiting)];
  await local.close({ drain: 0 });
  for (const each of await Promise.all(seen)) assert.equal(each.ending, 'ECONNRESET');
});

test('a port that somebody has is refused with E_LISTEN', async (t) => {
  const { local } = await openPort(t, echo);
  const again = LocalPort.open(
    { name: 'blog', via: '127.0.0.1:1' },
    { host: '127.0.0.1', port: local.port },
    { ended: () => {}, failed: () => {} },
  );
  await assert.rejects(again, { code: 'E_LISTEN', message: /in use already/ });
});

test('one connection more than there are descriptors for is reset, and no other', async (t) => {
  const { local, events } = await openPort(t, echo, new DescriptorBudget(2));
  const client = await connectTo(t, local.port);
  client.write('x');
  await once(client, 'readable');
  const failed = once(events, 'failed');
  assert.equal(await visit(t, local.port, 'hello'), 'ECONNRESET');
  assert.match((await failed)[0].message, /^Too many connections/);
  const [ended, seen] = [once(events, 'ended'), outcome(client)];
  client.end();
  assert.equal((await seen).ending, 'eof');
  await ended;
  assert.equal(await visit(t, local.port, 'hello'), 'hello');
});
