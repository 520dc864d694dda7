import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import type { BrokerOptions } from '#src/options/broker-options.ts';
import { DATA_PLANES, told } from '../../support/broker.ts';
import { pfx } from '../../support/certificates.ts';
import { emptyTokens, startWithDoors } from '../../support/doors.ts';
import { emptyFolder } from '../../support/folder.ts';
import { runAgent } from '../../support/running-agent.ts';
import {
  connectTo,
  freePorts,
  knock,
  outcome,
  read,
  say,
  serve,
  visit,
} from '../../support/tcp.ts';
import { AUTHORITY, connectSecurely, SERVER } from '../../support/tls.ts';
import { until } from '../../support/until.ts';

/** A broker with one pool, and the two ports of that. */
async function pooling(t: TestContext, options: Partial<BrokerOptions> = {}) {
  const started = await startWithDoors(t, { pool: '0:0', ...options });
  const [pool] = started.registrations;
  return { ...started, relay: pool?.backConnectPort ?? 0, service: pool?.clientPort ?? 0, pool };
}

for (const dataPlane of DATA_PLANES) {
  describe(`a pool, with the data plane ${dataPlane}`, () => {
    test('joins each client with one of the connections that wait', async (t) => {
      const { relay, service } = await pooling(t, { dataPlane });
      const servers = [await connectTo(t, relay), await connectTo(t, relay)];
      for (const server of servers) server.pipe(server);
      for (const name of ['first', 'second']) {
        const client = await connectTo(t, service);
        const seen = outcome(client);
        client.end(name);
        assert.deepEqual(await seen, { data: Buffer.from(name), ending: 'eof' });
      }
    });

    test('has a client wait for one that is yet to come, for longer than other clients', async (t) => {
      const { relay, service, broker } = await pooling(t, { dataPlane, pairTimeout: 0.02 });
      const arrived = told(broker, 'clientWaiting');
      const client = await connectTo(t, service);
      client.end('request');
      await arrived;
      await delay(60);
      const server = await connectTo(t, relay);
      assert.deepEqual(await outcome(server), { data: Buffer.from('request'), ending: 'eof' });
    });

    test('passes on what a service says before its client does', async (t) => {
      const { relay, service } = await pooling(t, { dataPlane });
      const server = await connectTo(t, relay);
      server.write('220 ready\r\n');
      const client = await connectTo(t, service);
      assert.equal(String(await read(client, 11)), '220 ready\r\n');
      client.end('QUIT\r\n');
      assert.equal(String((await outcome(server)).data), 'QUIT\r\n');
    });

    for (const how of ['end', 'resetAndDestroy'] as const) {
      test(`gives no client to a connection that is dead (${how})`, async (t) => {
        const { relay, service, broker } = await pooling(t, { dataPlane });
        const dropped = told(broker, 'backConnectRefused');
        const dead = await connectTo(t, relay);
        dead.resume()[how]();
        assert.equal((await dropped)[1], 'spare');
        const client = await connectTo(t, service);
        client.write('x');
        const server = await connectTo(t, relay);
        assert.equal(String(await read(server, 1)), 'x');
      });
    }

    test('drops a connection on which bytes come without end', async (t) => {
      const { relay, broker } = await pooling(t, { dataPlane });
      const dropped = told(broker, 'backConnectRefused');
      const endless = await connectTo(t, relay);
      const gone = outcome(endless);
      endless.write(Buffer.alloc(1024 * 1024));
      assert.equal((await dropped)[1], 'spare');
      assert.match((await gone).ending, /eof|ECONNRESET|EPIPE/);
    });
  });
}

describe('pools', () => {
  test('are registrations from the start of their broker to its end', async (t) => {
    const { broker, registrations, doors } = await startWithDoors(t, { pool: '0:0,0:0' });
    assert.equal(registrations.length, 2);
    for (const [n, { protocol, address, backConnectPort, secured }] of registrations.entries()) {
      assert.deepEqual([protocol, address, secured], ['pool', '', false]);
      assert.deepEqual(doors[n], ['pool', backConnectPort]);
    }
    const endings: string[] = [];
    broker.on('ended', (_, ending) => endings.push(ending));
    const idle = outcome(await connectTo(t, registrations[0]?.backConnectPort ?? 0));
    await broker.close();
    await idle;
    assert.deepEqual(endings, ['shutdown', 'shutdown']);
  });

  test('have the ports that are asked for, or none is open', async (t) => {
    const first = await freePorts(4);
    const pool = `${first}:${first + 1},${first + 2}:${first + 3}`;
    const taken = await serve(t, () => {}, { host: '127.0.0.1', port: first + 2 });
    await assert.rejects(startWithDoors(t, { pool }), {
      code: 'E_LISTEN',
      message: new RegExp(`^Cannot open the pool ${first + 2}:${first + 3}: .* in use`),
    });
    for (const port of [first, first + 1, first + 3]) {
      assert.equal(await knock(port), 'ECONNREFUSED');
    }
    taken.close();
    const { registrations } = await startWithDoors(t, { pool });
    assert.deepEqual(
      registrations.map(({ backConnectPort, clientPort }) => [backConnectPort, clientPort]),
      [
        [first, first + 1],
        [first + 2, first + 3],
      ],
    );
  });

  test('keep 1024 connections for clients, and close one more', async (t) => {
    const { relay, service, broker } = await pooling(t);
    const idle = await Promise.all(Array.from({ length: 1024 }, () => connectTo(t, relay)));
    const refused = told(broker, 'backConnectRefused');
    const late = await connectTo(t, relay);
    assert.deepEqual(await outcome(late), { data: Buffer.alloc(0), ending: 'eof' });
    assert.equal((await refused)[1], 'spare');
    for (const socket of idle) socket.pipe(socket);
    assert.equal(await visit(t, service, 'hello'), 'hello');
  });

  test('let connections finish when their broker ends', async (t) => {
    const { relay, service, broker } = await pooling(t);
    const server = await connectTo(t, relay);
    const client = await connectTo(t, service);
    client.write('x');
    await read(server, 1);
    const closed = broker.close();
    const seen = outcome(client);
    server.end('the rest');
    assert.equal(String((await seen).data), 'the rest');
    client.end();
    server.resume();
    await closed;
  });

  test('survive 10,000 random strings from far ends that leave', async (t) => {
    const { relay, service, broker } = await pooling(t);
    const free = DescriptorBudget.ofProcess().free;
    let dropped = 0;
    broker.on('backConnectRefused', () => {
      dropped += 1;
    });
    for (let round = 0; round < 100; round += 1) {
      const strings = Array.from({ length: 100 }, () => say(relay, randomBytes(randomInt(300))));
      await Promise.all(strings);
    }
    await until(() => dropped === 10_000);
    const client = await connectTo(t, service);
    client.write('x');
    assert.equal(String(await read(await connectTo(t, relay), 1)), 'x');
    await until(() => DescriptorBudget.ofProcess().free >= free - 2);
  });
});

describe('where tokens are demanded, a pool', () => {
  test('takes connections from those only who may do without', async (t) => {
    const tokens = await emptyTokens(t);
    const closed = await pooling(t, { tokens, allowBasic: '192.0.2.0/24,::1' });
    const refused = told(closed.broker, 'backConnectRefused');
    assert.equal((await outcome(await connectTo(t, closed.relay))).ending, 'eof');
    assert.deepEqual(await refused, [closed.pool, 'address', '127.0.0.1']);
    const open = await pooling(t, { tokens, allowBasic: '192.0.2.0/24,127.0.0.0/8' });
    (await connectTo(t, open.relay)).write('x');
    assert.equal(String(await read(await connectTo(t, open.service), 1)), 'x');
  });

  test('is refused where nobody could come', async (t) => {
    await assert.rejects(pooling(t, { tokens: await emptyTokens(t) }), {
      code: 'E_BAD_OPTION',
      message: /^pool: .* needs allowBasic, or poolTls/,
    });
  });
});

describe('a pool over TLS', () => {
  /** The options of a broker with a certificate, in PEM. */
  async function certificate(t: TestContext) {
    const folder = await emptyFolder(t);
    const write = async (name: string, content: string | Buffer) => {
      const file = join(folder, name);
      await writeFile(file, content);
      return file;
    };
    return {
      write,
      pem: {
        tlsCert: await write('cert.pem', SERVER.cert),
        tlsKey: await write('key.pem', SERVER.key),
      },
    };
  }

  for (const [form, options] of [
    ['PEM', async (t: TestContext) => (await certificate(t)).pem],
    [
      'PFX',
      async (t: TestContext) => {
        const { write } = await certificate(t);
        return {
          tlsPfx: await write('all.p12', pfx(SERVER, 'secret')),
          tlsPassphraseFile: await write('secret', 'secret\n'),
        };
      },
    ],
  ] as const) {
    test(`has far ends and clients speak it, with a certificate in ${form}`, async (t) => {
      const { relay, service, pool } = await pooling(t, {
        ...(await options(t)),
        poolTls: true,
        clientTls: true,
      });
      assert.equal(pool?.secured, true);
      const server = await connectSecurely(t, relay);
      const client = await connectSecurely(t, service);
      const seen = outcome(client);
      client.end('request');
      assert.deepEqual(await outcome(server), { data: Buffer.from('request'), ending: 'eof' });
      server.end('answer');
      assert.deepEqual(await seen, { data: Buffer.from('answer'), ending: 'eof' });
    });
  }

  test('demands a certificate of far ends where there is an authority, in place of a token', async (t) => {
    const { pem, write } = await certificate(t);
    const { relay, service, broker } = await pooling(t, {
      ...pem,
      tlsClientCa: await write('ca.pem', AUTHORITY.cert),
      tokens: await emptyTokens(t),
      poolTls: true,
    });
    const refused = told(broker, 'backConnectRefused');
    await connectSecurely(t, relay).catch(() => {});
    assert.equal((await refused)[1], 'hello');
    const client = await connectTo(t, service);
    client.write('x');
    const server = await connectSecurely(t, relay, AUTHORITY.client('far end'));
    assert.equal(String(await read(server, 1)), 'x');
  });

  test('is served by an agent with such a certificate', async (t) => {
    const { pem, write } = await certificate(t);
    const tlsCa = await write('ca.pem', AUTHORITY.cert);
    const { relay, service } = await pooling(t, { ...pem, tlsClientCa: tlsCa, poolTls: true });
    const { cert, key } = AUTHORITY.client('far end');
    const [tlsCert, tlsKey] = [await write('own.pem', cert), await write('own.key', key)];
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const pool = `localhost:${relay}`;
    runAgent(t, { pool, target: echo.port, tls: true, tlsCa, tlsCert, tlsKey, connections: 2 });
    const says = Array.from({ length: 10 }, (_, n) => `client ${n}`);
    assert.deepEqual(await Promise.all(says.map((what) => visit(t, service, what))), says);
  });

  test('drops far ends that do not speak it, and keeps their bytes from clients', async (t) => {
    const { relay, service, broker } = await pooling(t, {
      ...(await certificate(t)).pem,
      poolTls: true,
    });
    const refused = told(broker, 'backConnectRefused');
    const plain = await connectTo(t, relay);
    const gone = outcome(plain);
    plain.write('220 ready\r\n');
    assert.equal((await refused)[1], 'hello');
    await gone;
    const client = await connectTo(t, service);
    (await connectSecurely(t, relay)).write('right');
    assert.equal(String(await read(client, 5)), 'right');
  });

  test('takes a certificate, or plain far ends have to be let in', async (t) => {
    await assert.rejects(pooling(t, { poolTls: true }), {
      code: 'E_BAD_OPTION',
      message: 'poolTls: needs tlsCert or tlsPfx',
    });
    const { pem } = await certificate(t);
    await assert.rejects(pooling(t, pem), { code: 'E_BAD_OPTION' });
    const { relay, service } = await pooling(t, { ...pem, allowBasic: '127.0.0.1' });
    (await connectTo(t, relay)).write('x');
    assert.equal(String(await read(await connectTo(t, service), 1)), 'x');
  });
});
