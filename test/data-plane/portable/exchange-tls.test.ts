import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { LinuxDataPlane } from '#src/data-plane/linux/linux-data-plane.ts';
import { createPortableDataPlane } from '#src/data-plane/portable/portable-data-plane.ts';
import { secure } from '#src/data-plane/portable/tls.ts';
import { DEAF, LIMITS, openExchange, SETTINGS } from '../../support/exchange.ts';
import { source } from '../../support/pairs.ts';
import { connectTo, knock, outcome, read, serve } from '../../support/tcp.ts';
import { openTicketExchange, spareLine, taken, ticketLine } from '../../support/ticket-exchange.ts';
import { connectSecurely, VERSIONS } from '../../support/tls.ts';
import { until } from '../../support/until.ts';

const KIB = 1024;

const backConnects = () => ({ tls: { backConnects: source() } });
const clients = () => ({ tls: { clients: source() } });

describe('an exchange with encrypted back-connects', () => {
  for (const version of VERSIONS) {
    test(`pairs by tickets, with what comes behind the line, over ${version}`, async (t) => {
      const settings = { tls: { backConnects: source({ maxVersion: version }) } };
      const { exchange, arrive, ended } = await openTicketExchange(
        t,
        createPortableDataPlane(),
        settings,
      );
      const { client, ticket } = await arrive();
      const server = await connectSecurely(t, exchange.backConnectPort);
      const early = randomBytes(100 * KIB);
      server.write(Buffer.concat([Buffer.from(ticketLine(ticket)), early]));
      assert.deepEqual(await read(client, early.length), early);
      client.write('question');
      assert.equal((await read(server, 8)).toString(), 'question');
      client.end();
      const rest = outcome(client);
      server.end();
      assert.equal((await rest).ending, 'eof');
      const [record] = await ended(1);
      const { bytesToServer, bytesToClient, ending } = record ?? {};
      assert.deepEqual([bytesToServer, bytesToClient, ending], [8, early.length, 'eof']);
    });
  }

  test('has spares, too', async (t) => {
    const { exchange } = await openTicketExchange(t, createPortableDataPlane(), backConnects());
    const server = await connectSecurely(t, exchange.backConnectPort);
    server.write(spareLine());
    await until(() => exchange.counters().spares === 1);
    const client = await connectTo(t, exchange.clientPort);
    assert.equal((await taken(server)).client.port, client.localPort);
    server.write('welcome');
    assert.equal((await read(client, 7)).toString(), 'welcome');
  });

  test('takes encrypted ones from another door, and does not encrypt them again', async (t) => {
    const opened = await openTicketExchange(t, createPortableDataPlane(), backConnects());
    const { client, ticket } = await opened.arrive();
    const door = await serve(t, () => {}, { host: '127.0.0.1' });
    const arrived = once(door, 'connection').then(([near]) => secure(near as Socket, source()));
    const far = await connectSecurely(t, door.port);
    far.write('early');
    opened.exchange.adopt(await arrived, { word: 'TICKET', ticket }, Buffer.from('read, '));
    assert.equal((await read(client, 11)).toString(), 'read, early');
    client.write('answer');
    assert.equal((await read(far, 6)).toString(), 'answer');
  });

  test('takes a plain ticket for no handshake, and pairs nobody', async (t) => {
    const opened = await openTicketExchange(t, createPortableDataPlane(), backConnects());
    const { ticket } = await opened.arrive();
    await outcome(await opened.present(ticket));
    assert.deepEqual(await opened.refused(1), ['hello']);
    assert.equal(opened.exchange.counters().waiting, 1);
  });

  test('bounds those that shake no hands like others without a first line', async (t) => {
    // They would be given up after five seconds in any case.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const opened = await openTicketExchange(t, createPortableDataPlane(), backConnects());
    const { exchange, refused } = opened;
    const first = outcome(await connectTo(t, exchange.backConnectPort));
    for (let n = 0; n < 256; n += 1) await connectTo(t, exchange.backConnectPort);
    await first;
    assert.deepEqual(await refused(1), ['pushed-out']);
  });
});

describe('an exchange with encrypted clients', () => {
  test('announces a client when its handshake is done, and relays', async (t) => {
    const opened = await openTicketExchange(t, createPortableDataPlane(), clients());
    const { exchange, announced, present, ended } = opened;
    const client = await connectSecurely(t, exchange.clientPort);
    const [told] = await announced(1);
    assert.equal(told?.client.port, client.localPort);
    const server = await present(told?.ticket ?? '', Buffer.from('welcome'));
    assert.equal((await read(client, 7)).toString(), 'welcome');
    const got = outcome(server);
    client.end('thanks');
    assert.deepEqual(await got, { data: Buffer.from('thanks'), ending: 'eof' });
    server.end();
    await outcome(client);
    assert.equal((await ended(1))[0]?.ending, 'eof');
  });

  test('counts those that shake hands, and announces none that fails to', async (t) => {
    const limits = { ...LIMITS, clients: 1 };
    const settings = { ...clients(), limits };
    const opened = await openTicketExchange(t, createPortableDataPlane(), settings);
    const { exchange, news, refused } = opened;
    const failing = await connectTo(t, exchange.clientPort);
    assert.equal(await knock(exchange.clientPort), 'ECONNRESET');
    assert.deepEqual(await refused(1), ['limit']);
    const failed = outcome(failing);
    failing.write('GET / HTTP/1.1\r\n\r\n');
    await failed;
    assert.equal(exchange.counters().waiting, 0);
    const secured = connectSecurely(t, exchange.clientPort);
    await opened.announced(1);
    await secured;
    assert.equal(news.length, 1);
  });

  test('gives up the oldest of 256 handshakes for a newer one', async (t) => {
    // They would be given up after five seconds in any case.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const opened = await openTicketExchange(t, createPortableDataPlane(), clients());
    const { clientPort } = opened.exchange;
    const first = outcome(await connectTo(t, clientPort));
    const second = await connectTo(t, clientPort);
    for (let n = 2; n < 256; n += 1) await connectTo(t, clientPort);
    await connectSecurely(t, clientPort);
    assert.equal((await first).ending, 'ECONNRESET');
    await opened.announced(1);
    assert.equal(second.closed, false);
  });

  test('encrypts those of a port that it shares, and not those of doors', async (t) => {
    const opened = await openTicketExchange(t, createPortableDataPlane(), clients());
    const { exchange, announced, present } = opened;
    const begun = { read: Buffer.from('plain'), greeting: '' };
    const shared = await serve(t, (socket) => exchange.adoptClient(socket.pause()));
    const door = await serve(t, (socket) => exchange.adoptClient(socket.pause(), begun));
    const securely = await connectSecurely(t, shared.port);
    securely.write('plain');
    const plainly = await connectTo(t, door.port);
    for (const [n, client] of [securely, plainly].entries()) {
      const told = (await announced(2)).find((each) => each.client.port === client.localPort);
      const server = await present(told?.ticket ?? '');
      assert.equal((await read(server, 5)).toString(), 'plain');
      server.write(`answer ${n}`);
      assert.equal((await read(client, 8)).toString(), `answer ${n}`);
    }
  });

  test('counts those that shake hands at a port that it shares, and is stopped without them', async (t) => {
    const settings = { ...clients(), limits: { ...LIMITS, clients: 1 } };
    const opened = await openTicketExchange(t, createPortableDataPlane(), settings);
    const { exchange } = opened;
    const shared = await serve(t, (socket) => exchange.adoptClient(socket.pause()));
    const shaking = outcome(await connectTo(t, shared.port));
    assert.equal(await knock(shared.port), 'ECONNRESET');
    assert.deepEqual(await opened.refused(1), ['limit']);
    await exchange.stop();
    assert.equal((await shaking).ending, 'ECONNRESET');
    assert.equal(await knock(shared.port), 'ECONNRESET');
    await exchange.finished;
  });

  test('resets those that shake hands when it is stopped', async (t) => {
    const { exchange } = await openExchange(t, createPortableDataPlane(), clients());
    const shaking = outcome(await connectTo(t, exchange.clientPort));
    // Behind it in the backlog, hence accepted after it.
    const opened = await connectTo(t, exchange.clientPort);
    opened.destroy();
    await exchange.stop();
    assert.equal((await shaking).ending, 'ECONNRESET');
    await exchange.finished;
  });
});

test('the Linux data plane does not encrypt, and says so', async (t) => {
  const plane = new LinuxDataPlane(1, { warning: () => {}, failed: assert.ifError });
  await assert.rejects(plane.openExchange({ ...SETTINGS, ...clients() }, DEAF), /cannot encrypt/);
  const limits = { ...LIMITS, bytesPerSecond: 1000 };
  await assert.rejects(plane.openExchange({ ...SETTINGS, limits }, DEAF), /no byte rates/);
  const { exchange } = await openExchange(t, plane);
  t.after(() => plane.close());
  assert.throws(() => exchange.limit(limits), /no byte rates/);
});
