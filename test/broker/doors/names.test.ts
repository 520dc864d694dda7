import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { inChunks } from '../../support/chunks.ts';
import { backConnect, registerAgent } from '../../support/extended-agent.ts';
import { tokensFile } from '../../support/guarded-broker.ts';
import { ask, call, greeted, park, readLine, tell } from '../../support/names-peers.ts';
import { connectTo, outcome, read } from '../../support/tcp.ts';
import { openNames } from './names-harness.ts';

describe('a name', () => {
  test('is reserved once, until it is released', async (t) => {
    const { servers, clients } = await openNames(t);
    assert.equal(await ask(t, clients, 'blog'), 'NOEXIST\n');
    assert.equal(await tell(t, servers, 'RESERVE\nblog\n'), '');
    assert.equal(await ask(t, clients, 'blog'), 'OFFLINE\n');
    assert.equal(await tell(t, servers, 'RESERVE\nblog\n'), 'USED\n');
    assert.equal(await ask(t, clients, 'Blog'), 'NOEXIST\n');
    assert.equal(await tell(t, servers, 'RELEASE\nblog\n'), '');
    assert.equal(await ask(t, clients, 'blog'), 'NOEXIST\n');
    assert.equal(await tell(t, servers, 'RELEASE\nblog\n'), '');
    assert.equal(await tell(t, servers, 'RESERVE\nblog\n'), '');
  });

  test('is reserved by whoever parks a connection, and outlives that', async (t) => {
    const { servers, clients, broker } = await openNames(t);
    const refused = once(broker, 'backConnectRefused');
    const server = await park(t, servers, 'blog');
    assert.equal(await tell(t, servers, 'RESERVE\nblog\n'), 'USED\n');
    server.destroy();
    await refused;
    assert.equal(await ask(t, clients, 'blog'), 'OFFLINE\n');
  });

  test('is reserved once when several connections come for it together', async (t) => {
    const { servers, clients, broker } = await openNames(t);
    const names: unknown[] = [];
    broker.on('registered', ({ name }) => names.push(name));
    await Promise.all(Array.from({ length: 20 }, () => park(t, servers, 'blog')));
    await Promise.all(Array.from({ length: 20 }, () => call(t, clients, 'blog')));
    assert.deepEqual(names, ['blog']);
  });

  test('may be any text without control characters, of 1 to 255 octets', async (t) => {
    const { servers, clients } = await openNames(t);
    for (const name of ['a', ' ', 'Büro, 2. Stock', 'x'.repeat(255), 'ü'.repeat(127), 'CONNECT']) {
      await park(t, servers, name);
      (await call(t, clients, name)).destroy();
    }
    for (const name of ['', 'x'.repeat(256), 'ü'.repeat(128), 'a\0', 'a\tb', '\x7f', '\u0085']) {
      assert.equal(await tell(t, servers, `CONNECT\n${name}\n`), 'UNKNOWN COMMAND\n');
      assert.equal(await ask(t, clients, name), 'NOEXIST\n');
    }
    const notUtf8 = Buffer.from([0x61, 0xff, 0x0a]);
    const lines = Buffer.concat([Buffer.from('RESERVE\n'), notUtf8]);
    assert.equal(await tell(t, servers, lines), 'UNKNOWN COMMAND\n');
    assert.equal(await ask(t, clients, notUtf8.subarray(0, 2)), 'NOEXIST\n');
  });

  test('is a registration like any other', async (t) => {
    const { servers, broker } = await openNames(t, { maxRegistrations: 1 });
    const registered = once(broker, 'registered');
    await park(t, servers, 'blog');
    const [info] = await registered;
    assert.deepEqual(info, {
      id: 1,
      protocol: 'names',
      name: 'blog',
      address: '127.0.0.1',
      clientPort: 0,
      backConnectPort: 0,
      secured: false,
    });
    const refused = once(broker, 'doorRefused');
    assert.equal(await tell(t, servers, 'RESERVE\nshop\n'), 'USED\n');
    assert.deepEqual(await refused, ['names', '127.0.0.1', 'full', 'shop']);
    const ended = once(broker, 'ended');
    await tell(t, servers, 'RELEASE\nblog\n');
    assert.deepEqual((await ended).slice(0, 2), [info, 'released']);
    assert.equal(await tell(t, servers, 'RESERVE\nshop\n'), '');
  });

  test('is one of a hundred that an address may have', async (t) => {
    const { servers } = await openNames(t);
    for (let n = 0; n < 100; n += 1) {
      assert.equal(await tell(t, servers, `RESERVE\n${n}\n`), '');
    }
    assert.equal(await tell(t, servers, 'CONNECT\none more\n'), 'USED\n');
    const elsewhere = { localAddress: '127.0.0.2' };
    assert.equal(await tell(t, servers, 'RESERVE\none more\n', elsewhere), '');
    assert.equal(await tell(t, servers, 'RELEASE\n7\n'), '');
    assert.equal(await tell(t, servers, 'RESERVE\nanother\n'), '');
  });

  test('is given up when it was not used for a day', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const day = 86_400_000;
    const { servers, clients, broker } = await openNames(t);
    const ended = once(broker, 'ended');
    await tell(t, servers, 'RESERVE\nunused\n');
    await park(t, servers, 'used');
    t.mock.timers.tick(day);
    assert.equal(await ask(t, clients, 'unused'), 'OFFLINE\n');
    t.mock.timers.tick(day);
    const [{ name }, ending] = await ended;
    assert.deepEqual([name, ending], ['unused', 'unused']);
    assert.equal(await ask(t, clients, 'unused'), 'NOEXIST\n');
    await call(t, clients, 'used');
    t.mock.timers.tick(day);
    t.mock.timers.tick(day);
    assert.equal(await ask(t, clients, 'used'), 'OFFLINE\n');
  });
});

describe('whose name it is', () => {
  const elsewhere = { localAddress: '127.0.0.2' };

  test('shows in the address that reserved it', async (t) => {
    const { servers, clients } = await openNames(t);
    const server = await park(t, servers, 'blog');
    for (const command of ['RESERVE', 'CONNECT', 'RELEASE']) {
      assert.equal(await tell(t, servers, `${command}\nblog\n`, elsewhere), 'USED\n');
    }
    const client = await call(t, clients, 'blog');
    client.write('x');
    assert.equal(await readLine(server), 'CONNECTED');
    assert.equal((await read(server, 1)).toString(), 'x');
  });

  test('does not matter where back-connects are taken from any address', async (t) => {
    const { servers, clients } = await openNames(t, { backConnectFrom: 'any' });
    await tell(t, servers, 'RESERVE\nblog\n');
    assert.equal(await tell(t, servers, 'RESERVE\nblog\n', elsewhere), 'USED\n');
    await park(t, servers, 'blog', elsewhere);
    await call(t, clients, 'blog');
    assert.equal(await tell(t, servers, 'RELEASE\nblog\n', elsewhere), '');
    assert.equal(await ask(t, clients, 'blog'), 'NOEXIST\n');
  });
});

describe('where tokens are demanded', () => {
  test('names are for the addresses that may do without', async (t) => {
    const { file: tokens } = await tokensFile(t, {});
    const { servers, clients, broker } = await openNames(t, { tokens, allowBasic: '127.0.0.2' });
    const elsewhere = { localAddress: '127.0.0.2' };
    const refused = once(broker, 'doorRefused');
    assert.equal(await tell(t, servers, 'RESERVE\nblog\n'), 'USED\n');
    assert.deepEqual(await refused, ['names', '127.0.0.1', 'basic-refused', 'blog']);
    assert.equal(await tell(t, servers, 'CONNECT\nblog\n'), 'USED\n');
    assert.equal(await ask(t, clients, 'blog'), 'NOEXIST\n');
    await park(t, servers, 'blog', elsewhere);
    await call(t, clients, 'blog');
  });

  test('nobody else takes a name away, from whatever address', async (t) => {
    const { file: tokens } = await tokensFile(t, {});
    const open = { tokens, allowBasic: '127.0.0.2', backConnectFrom: 'any' } as const;
    const { servers, clients } = await openNames(t, open);
    await tell(t, servers, 'RESERVE\nblog\n', { localAddress: '127.0.0.2' });
    assert.equal(await tell(t, servers, 'RELEASE\nblog\n'), 'USED\n');
    assert.equal(await ask(t, clients, 'blog'), 'OFFLINE\n');
  });
});

describe('the world of the other doors', () => {
  test('has agents whose names clients find here, and nobody takes', async (t) => {
    const { port, servers, clients, broker } = await openNames(t);
    const { agent, granted } = await registerAgent(t, port, { name: 'blog' });
    for (const command of ['RESERVE', 'CONNECT', 'RELEASE']) {
      assert.equal(await tell(t, servers, `${command}\nblog\n`), 'USED\n');
    }
    const called = call(t, clients, 'blog', 'request');
    const { ticket } = await agent.line('NEW');
    const { registration, backConnectPort } = granted;
    const server = await backConnect(t, backConnectPort, { word: 'TICKET', registration, ticket });
    assert.equal((await read(server, 7)).toString(), 'request');
    server.write('answer');
    assert.equal((await read(await called, 6)).toString(), 'answer');

    const parked = once(broker, 'parked');
    agent.say('PARK', { reason: 'down' });
    await parked;
    assert.equal(await ask(t, clients, 'blog'), 'OFFLINE\n');
  });

  test('has clients who find the names of this one, and an agent does not take them', async (t) => {
    const { port, servers, http } = await openNames(t, { httpNames: 0, domain: 'example.net' });
    const server = await park(t, servers, 'blog', { early: 'HTTP/1.1 204 No Content\r\n\r\n' });
    await assert.rejects(registerAgent(t, port, { name: 'blog' }), /name-taken/);
    const client = await connectTo(t, http);
    const request = 'GET / HTTP/1.1\r\nHost: blog.example.net\r\n\r\n';
    client.write(request);
    assert.equal(await readLine(server), 'CONNECTED');
    assert.equal((await read(server, request.length)).toString(), request);
    assert.match((await read(client, 12)).toString(), /^HTTP\/1.1 204$/);
  });
});

describe('a connection', () => {
  test('is told with its peer, and brings along what came early', async (t) => {
    const { servers, clients, broker } = await openNames(t);
    const ended = once(broker, 'clientEnded');
    const server = await park(t, servers, 'blog', { early: 'banner' });
    const client = await call(t, clients, 'blog', 'request');
    const [heard, got] = [outcome(server), outcome(client)];
    client.end(' and more');
    assert.equal((await heard).data.toString(), 'CONNECTED\nrequest and more');
    server.end(' and answer');
    assert.deepEqual(await got, { data: Buffer.from('banner and answer'), ending: 'eof' });
    const [, { bytesToServer, bytesToClient, ending }] = await ended;
    assert.deepEqual([bytesToServer, bytesToClient, ending], [16, 17, 'eof']);
  });

  for (const whose of ['client', 'server']) {
    test(`that is reset by its ${whose} is so for the other side`, async (t) => {
      const { servers, clients } = await openNames(t);
      const server = await park(t, servers, 'blog');
      const client = await call(t, clients, 'blog');
      assert.equal(await readLine(server), 'CONNECTED');
      const [from, to] = whose === 'client' ? [client, server] : [server, client];
      const seen = outcome(to);
      from.resetAndDestroy();
      assert.equal((await seen).ending, 'ECONNRESET');
    });
  }

  test('goes to the one that was parked first, and never to one that has gone', async (t) => {
    const { servers, clients, broker } = await openNames(t);
    const gone = await park(t, servers, 'blog');
    const parked = [await park(t, servers, 'blog'), await park(t, servers, 'blog')];
    const refused = once(broker, 'backConnectRefused');
    gone.resetAndDestroy();
    await refused;
    for (const [n, server] of parked.entries()) {
      const client = await call(t, clients, 'blog');
      client.write(String(n));
      assert.equal(await readLine(server), 'CONNECTED');
      assert.equal((await read(server, 1)).toString(), String(n));
    }
    assert.equal(await ask(t, clients, 'blog'), 'OFFLINE\n');
  });

  test('runs on when the name is released, and those that are parked end', async (t) => {
    const { servers, clients } = await openNames(t);
    const server = await park(t, servers, 'blog');
    const client = await call(t, clients, 'blog');
    const parked = outcome(await park(t, servers, 'blog'));
    assert.equal(await tell(t, servers, 'RELEASE\nblog\n'), '');
    assert.deepEqual(await parked, { data: Buffer.alloc(0), ending: 'eof' });
    assert.equal(await readLine(server), 'CONNECTED');
    server.write('x');
    assert.equal((await read(client, 1)).toString(), 'x');
  });

  test('of a client that may not come is reset', async (t) => {
    const { servers, clients } = await openNames(t, { denyClients: '127.0.0.1' });
    await park(t, servers, 'blog');
    assert.equal(await ask(t, clients, 'blog'), 'ECONNRESET');
  });
});

describe('a command', () => {
  test('may be in letters of any case, and its lines may end as in a terminal', async (t) => {
    const { servers, clients } = await openNames(t);
    assert.equal(await tell(t, servers, 'reServe\r\nblog\r\n'), '');
    assert.equal(await ask(t, clients, 'blog\r'), 'OFFLINE\n');
    await park(t, servers, 'blog');
    (await call(t, clients, 'blog\r')).destroy();
    assert.equal(await tell(t, servers, 'release\nblog\n'), '');
    assert.equal(await ask(t, clients, 'blog'), 'NOEXIST\n');
  });

  test('is understood whatever the chunks that it comes in', async (t) => {
    const { servers, clients } = await openNames(t);
    const lines = Buffer.from('CONNECT\nblog\nbanner');
    for (const sizes of [[1, 1, 1], [7, 1], [8], [9, 3], [12, 1], [13], [15]]) {
      const server = await greeted(t, servers, 'SERVER');
      server.setNoDelay();
      for (const chunk of inChunks(lines, sizes)) {
        await new Promise((resolve) => server.write(chunk, resolve));
      }
      const client = await call(t, clients, 'blog');
      assert.equal((await read(client, 6)).toString(), 'banner');
    }
  });

  test('to stop ends its connection and nothing else', async (t) => {
    const { servers, clients } = await openNames(t);
    const server = await park(t, servers, 'blog');
    const client = await call(t, clients, 'blog');
    assert.equal(await tell(t, servers, 'STOP\n'), '');
    assert.equal(await tell(t, servers, 'stop\nblog\n'), '');
    assert.equal(await readLine(server), 'CONNECTED');
    server.write('x');
    assert.equal((await read(client, 1)).toString(), 'x');
    await park(t, servers, 'blog');
    await call(t, clients, 'blog');
  });

  for (const lines of ['HELLO\n', '\n', 'blog\nCONNECT\n', ' STOP\n', 'ſTOP\n', 'CONNECT blog\n']) {
    test(`that is none is answered so: ${JSON.stringify(lines)}`, async (t) => {
      const { servers, broker } = await openNames(t);
      const refused = once(broker, 'doorRefused');
      assert.equal(await tell(t, servers, lines), 'UNKNOWN COMMAND\n');
      assert.equal((await refused)[2], 'unknown-command');
    });
  }
});
