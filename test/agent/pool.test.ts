import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createAuthority } from '../support/certificates.ts';
import { emptyFolder } from '../support/folder.ts';
import { runAgent } from '../support/running-agent.ts';
import { nowhere, type Station, station, tlsStation } from '../support/station.ts';
import { outcome, read, serve } from '../support/tcp.ts';

function poolOf({ host, port }: Station): string {
  return `${host}:${port}`;
}

for (const dataPlane of ['auto', 'portable'] as const) {
  describe(`the far end of a pool, with the data plane ${dataPlane}`, () => {
    test('dials its target on the first byte of a client, not before', async (t) => {
      const relay = await station(t);
      let dialled = 0;
      const echo = await serve(t, (socket) => {
        dialled += 1;
        socket.pipe(socket);
      });
      const { next, told } = runAgent(t, {
        pool: poolOf(relay),
        connections: 2,
        target: echo.port,
        dataPlane,
      });
      const first = await relay.next();
      await relay.next();
      assert.equal(dialled, 0);
      const ended = next('connectionEnded');
      const echoed = outcome(first);
      first.end('hello');
      assert.deepEqual(await echoed, { data: Buffer.from('hello'), ending: 'eof' });
      assert.deepEqual(await ended, [
        { bytesToServer: 5, bytesToClient: 5, ending: 'eof', firstEnd: 'client' },
      ]);
      assert.equal(dialled, 1);
      // In its place.
      const third = await relay.next();
      third.write('x');
      assert.equal(String(await read(third, 1)), 'x');
      assert.deepEqual([...new Set(told)], ['dataPlane', 'connectionEnded']);
    });

    test('serves 400 clients at once with four connections', async (t) => {
      const relay = await station(t);
      const echo = await serve(t, (socket) => socket.pipe(socket));
      runAgent(t, { pool: poolOf(relay), connections: 4, target: echo.port, dataPlane });
      const clients: Promise<void>[] = [];
      for (let n = 0; n < 400; n += 1) {
        const client = await relay.next();
        const sent = Buffer.alloc(3000, `client ${n} `);
        const echoed = outcome(client);
        client.end(sent);
        clients.push(echoed.then((seen) => assert.deepEqual(seen, { data: sent, ending: 'eof' })));
      }
      await Promise.all(clients);
    });

    test('resets a client whose target cannot be reached, and goes on', async (t) => {
      const relay = await station(t);
      const { port } = await nowhere(t);
      const { next } = runAgent(t, {
        pool: poolOf(relay),
        connections: 1,
        target: port,
        dataPlane,
      });
      for (let n = 0; n < 2; n += 1) {
        const client = await relay.next();
        const [failed, seen] = [next('connectionFailed'), outcome(client)];
        client.write('x');
        assert.equal((await failed)[0].code, 'E_TARGET_UNREACHABLE');
        assert.equal((await seen).ending, 'ECONNRESET');
      }
    });

    test('says which pool it cannot be in, and why', async (t) => {
      const { host, port } = await nowhere(t);
      const { next } = runAgent(t, { pool: `${host}:${port}`, connections: 1, dataPlane });
      const [code, message] = await next('notice');
      assert.equal(code, 'spare-lost');
      assert.match(message, new RegExp(`the pool at ${host}:${port}: connection refused\\.`));
    });

    test('leaves at once when it is closed, but for its clients', async (t) => {
      const relay = await station(t);
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const { agent, over } = runAgent(t, {
        pool: poolOf(relay),
        connections: 1,
        target: echo.port,
        dataPlane,
      });
      const client = await relay.next();
      client.write('x');
      await read(client, 1);
      const idle = await relay.next();
      const left = outcome(idle);
      const closed = agent.close();
      await left;
      const rest = outcome(client);
      client.end('the rest');
      assert.deepEqual(await rest, { data: Buffer.from('the rest'), ending: 'eof' });
      await Promise.all([closed, over]);
    });
  });
}

test('the far end of a pool hands clients to a server object', async (t) => {
  const relay = await station(t);
  const server = createServer((socket) => socket.end('bye'));
  runAgent(t, { pool: poolOf(relay), connections: 1, target: server });
  const client = await relay.next();
  const arrival = once(server, 'connection') as Promise<[Socket]>;
  const seen = outcome(client);
  client.end('hello');
  const [socket] = await arrival;
  assert.equal(String((await outcome(socket)).data), 'hello');
  assert.deepEqual(await seen, { data: Buffer.from('bye'), ending: 'eof' });
});

describe('the far end of a pool over TLS', () => {
  const authority = createAuthority();

  async function inFile(t: TestContext, text: string): Promise<string> {
    const file = join(await emptyFolder(t), 'file.pem');
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  test('shows its certificate, and joins clients with a target', async (t) => {
    const demand = { ca: authority.cert, requestCert: true };
    const relay = await tlsStation(t, { ...authority.server(), ...demand });
    const { cert, key } = authority.client('far end');
    const echo = await serve(t, (socket) => socket.pipe(socket));
    runAgent(t, {
      pool: `localhost:${relay.port}`,
      connections: 1,
      target: echo.port,
      tls: true,
      tlsCa: await inFile(t, authority.cert),
      tlsCert: await inFile(t, cert),
      tlsKey: await inFile(t, key),
      dataPlane: 'auto',
    });
    for (let n = 0; n < 2; n += 1) {
      const client = await relay.next();
      const echoed = outcome(client);
      client.end('hello');
      assert.deepEqual(await echoed, { data: Buffer.from('hello'), ending: 'eof' });
    }
  });

  test('joins no pool whose certificate it cannot trust, and says so', async (t) => {
    const relay = await tlsStation(t, authority.server());
    const { next } = runAgent(t, { pool: poolOf(relay), connections: 1, tls: true });
    const [, message] = await next('notice');
    assert.match(message, /certificate of the relay at .* cannot be trusted.*--tls-ca/);
  });

  test('fails at once without a certificate that it can use', async (t) => {
    const tlsCa = join(await emptyFolder(t), 'none.pem');
    const { over } = runAgent(t, { pool: 'localhost:1', tls: true, tlsCa });
    await assert.rejects(over, { code: 'E_TLS' });
  });
});
