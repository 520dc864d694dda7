import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type ConnectionOptions, connect, createServer as createTlsServer } from 'node:tls';
import { openTlsNames } from '#src/broker/doors/tls-names.ts';
import { handMade, inRecords, serverName } from '../../support/client-hello.ts';
import { connectTo, outcome, read, say, visit } from '../../support/tcp.ts';
import { AUTHORITY, SERVER, VERSIONS } from '../../support/tls.ts';
import { AWAY, CROWD, crowd, DOMAIN, ECHO, openTestDoor, served } from './hosts/host-harness.ts';

const HELLO = handMade([serverName(`echo.${DOMAIN}`)]);

/** The code of the error that ends a handshake. */
async function failure(port: number, options: ConnectionOptions): Promise<string | undefined> {
  const client = connect({ port, host: '127.0.0.1', ...options });
  const [{ code }] = (await once(client, 'error')) as [NodeJS.ErrnoException];
  return code;
}

describe('the port for TLS clients', () => {
  for (const version of VERSIONS) {
    test(`leads to the service of that name, which has its own certificate: ${version}`, async (t) => {
      const { port, services } = await openTestDoor(t, openTlsNames);
      const versions = { minVersion: version, maxVersion: version };
      const server = createTlsServer({ ...SERVER, ...versions }, (socket) => {
        socket.end(`you want ${socket.servername}`);
      });
      services.set('blog', await served(t, server));
      const trust = { ca: AUTHORITY.cert, checkServerIdentity: () => undefined };
      const servername = `blog.${DOMAIN}`;
      const client = connect({ port, host: '127.0.0.1', servername, ...trust, ...versions });
      assert.equal(await text(client), `you want ${servername}`);
    });
  }

  test('serves a page of one and then of another', async (t) => {
    const { port, services } = await openTestDoor(t, openTlsNames);
    for (const name of ['blog', 'wiki']) {
      const server = createServer(SERVER, (_, response) => response.end(`this is ${name}`));
      services.set(name, await served(t, server));
      t.after(() => server.closeAllConnections());
    }
    for (const name of ['blog', 'wiki', 'blog']) {
      const servername = `${name}.${DOMAIN}`;
      const trust = { ca: AUTHORITY.cert, checkServerIdentity: () => undefined };
      const page = request({ port, host: '127.0.0.1', servername, ...trust, agent: false }).end();
      const [response] = await once(page, 'response');
      assert.equal(await text(response), `this is ${name}`);
    }
  });

  test('passes on what it read, unchanged, wherever that was split', async (t) => {
    const { port, services } = await openTestDoor(t, openTlsNames);
    services.set('echo', ECHO);
    for (let at = 1; at <= HELLO.length; at += 1) {
      const client = await connectTo(t, port, { noDelay: true });
      const echoed = outcome(client);
      client.write(HELLO.subarray(0, at));
      await turn();
      client.write(HELLO.subarray(at));
      client.end('and more');
      const { data, ending } = await echoed;
      assert.deepEqual(data, Buffer.concat([HELLO, Buffer.from('and more')]), `split at ${at}`);
      assert.equal(ending, 'eof');
    }
  });

  test('takes a ClientHello octet by octet, in records of one octet', async (t) => {
    const { port, services } = await openTestDoor(t, openTlsNames);
    services.set('echo', ECHO);
    const client = await connectTo(t, port, { noDelay: true });
    const hello = inRecords(HELLO, 1);
    for (const octet of hello) {
      client.write(Buffer.from([octet]));
      await turn();
    }
    assert.deepEqual(await read(client, hello.length), hello);
  });

  test('tells whoever it cannot send on so, in an alert', async (t) => {
    const { port, services, refusals } = await openTestDoor(t, openTlsNames);
    services.set('away', AWAY);
    for (const [servername, code, refusal] of [
      [`nosuch.${DOMAIN}`, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME', `unknown nosuch.${DOMAIN}`],
      ['blog.example.net', 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'unknown blog.example.net'],
      [undefined, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'unnamed'],
      [`away.${DOMAIN}`, 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', `away away.${DOMAIN}`],
    ] as const) {
      assert.equal(await failure(port, servername === undefined ? {} : { servername }), code);
      assert.equal(refusals.at(-1), refusal);
    }
  });

  test('closes without a word on what is no TLS', async (t) => {
    const { port, refusals } = await openTestDoor(t, openTlsNames);
    for (const junk of ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', '\x16\x03\x01\x00\x00', 'x']) {
      assert.equal(await visit(t, port, junk), '');
    }
    assert.deepEqual(refusals, ['not-tls', 'not-tls', 'not-tls']);
  });

  test('serves all the while that others send half a ClientHello', async (t) => {
    const { port, services, refusals } = await openTestDoor(t, openTlsNames);
    services.set('echo', ECHO);
    await crowd(t, port, HELLO.subarray(0, HELLO.length / 2));
    const client = await connectTo(t, port);
    client.end(HELLO);
    assert.deepEqual((await outcome(client)).data, HELLO);
    assert.ok(refusals.filter((each) => each === 'pushed-out').length >= CROWD - 512);
  });

  test('survives 10,000 random beginnings, and gives back what it took for them', async (t) => {
    const { port, services, budget } = await openTestDoor(t, openTlsNames);
    services.set('echo', ECHO);
    const before = budget.free;
    for (let round = 0; round < 100; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => say(port, beginning())));
      if (round % 10 > 0) continue;
      const client = await connectTo(t, port);
      client.end(HELLO);
      assert.deepEqual((await outcome(client)).data, HELLO);
    }
    while (budget.free < before) await turn();
  });
});

/** Octets that nobody has thought of, or that are almost right. */
function beginning(): Buffer {
  const random = randomBytes(randomInt(1, 200));
  if (randomInt(2) === 0) return random;
  const hello = Buffer.from(HELLO);
  random.copy(hello, randomInt(HELLO.length), 0, randomInt(1, 8));
  return hello;
}
