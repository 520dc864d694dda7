import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { type Agent, createAgent } from 'relay-broker';
import { createAuthority } from '../../support/certificates.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { emptyFolder } from '../../support/folder.ts';
import { runAgent } from '../../support/running-agent.ts';
import { outcome, serve } from '../../support/tcp.ts';

const authority = createAuthority();
const server = authority.server();

async function inFile(t: TestContext, text: string): Promise<string> {
  const file = join(await emptyFolder(t), 'file.pem');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

async function tlsBroker(t: TestContext, tls: TlsOptions = server) {
  const broker = await FakeBroker.start(t, { tls });
  return { broker, to: `localhost:${broker.port}`, tlsCa: await inFile(t, authority.cert) };
}

describe('over TLS', () => {
  for (const options of [{}, { singlePort: true }, { spares: 1 }]) {
    test(`clients are fetched, with ${JSON.stringify(options)}`, async (t) => {
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const { broker, to, tlsCa } = await tlsBroker(t);
      const { agent, next } = runAgent(t, {
        to,
        target: echo.port,
        tls: true,
        tlsCa,
        dataPlane: 'auto',
        ...options,
      });
      const plane = planeOf(agent);
      const control = await broker.agent();
      assert.deepEqual(await plane, ['portable', 'for TLS']);
      const ended = next('connectionEnded');
      const client = 'spares' in options ? await broker.takeSpare() : await broker.client(control);
      const echoed = outcome(client);
      client.end('hello');
      assert.deepEqual(await echoed, { data: Buffer.from('hello'), ending: 'eof' });
      assert.deepEqual(await ended, [
        { bytesToServer: 5, bytesToClient: 5, ending: 'eof', firstEnd: 'client' },
      ]);
    });
  }

  test('a server object gets plain bytes', async (t) => {
    const web = createServer((request, response) => response.end(`asked for ${request.url}`));
    const { broker, to, tlsCa } = await tlsBroker(t);
    runAgent(t, { to, target: web, tls: true, tlsCa, spares: 1 });
    for (const client of [await broker.client(await broker.agent()), await broker.takeSpare()]) {
      const answer = outcome(client);
      client.write('GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      assert.match((await answer).data.toString(), /asked for \/page/);
    }
  });
});

describe("a relay's certificate", () => {
  test('of an authority that is not trusted is not good enough', async (t) => {
    const { broker, to } = await tlsBroker(t);
    const { over } = runAgent(t, { to, tls: true, maxRetries: 0 });
    await assert.rejects(over, { code: 'E_BROKER_UNTRUSTED', message: /certificate.*--tls-ca/ });
    assert.deepEqual(broker.controls, []);
  });

  test('for another name is not good enough, unless that name is expected', async (t) => {
    const { to, tlsCa } = await tlsBroker(t);
    const trusting = { to, tls: true, tlsCa, maxRetries: 0 };
    const stranger = runAgent(t, { ...trusting, tlsServername: 'relay.example.net' });
    await assert.rejects(stranger.over, { code: 'E_BROKER_UNTRUSTED', message: /servername/ });
    const known = runAgent(t, { ...trusting, tlsServername: '127.0.0.1' });
    await known.next('ready');
  });

  test('that has expired is not good enough', async (t) => {
    const { to, tlsCa } = await tlsBroker(t, authority.server('expired'));
    const { over } = runAgent(t, { to, tls: true, tlsCa, maxRetries: 0 });
    await assert.rejects(over, { code: 'E_BROKER_UNTRUSTED', message: /expired/ });
  });

  test('may be for an address', async (t) => {
    const { broker, tlsCa } = await tlsBroker(t);
    const echo = await serve(t, () => {});
    runAgent(t, { to: broker.to, tls: true, tlsCa, target: echo.port });
    await broker.client(await broker.agent());
  });

  test('is checked for back-connects as well', async (t) => {
    const { broker, to, tlsCa } = await tlsBroker(t);
    const impostor = await FakeBroker.start(t, { tls: createAuthority().server() });
    broker.backConnectPort = impostor.backConnectPort;
    const echo = await serve(t, () => {});
    const { next } = runAgent(t, { to, tls: true, tlsCa, target: echo.port });
    const control = await broker.agent();
    const failed = next('connectionFailed');
    control.say('NEW', { ticket: 't'.repeat(22), client: { address: '::1', port: 1 } });
    const [error] = await failed;
    assert.match(error.message, /certificate/);
    assert.deepEqual(impostor.backConnects, []);
  });
});

test('a relay without TLS is not spoken to in the clear', async (t) => {
  const seen: string[] = [];
  const plain = await serve(t, (socket) => {
    socket.on('data', (bytes) => seen.push(bytes.toString('latin1')));
    socket.once('data', () => socket.end('[ERROR] {"code":"hello-unknown","message":"no"}\n'));
  });
  const { over } = runAgent(t, { to: `127.0.0.1:${plain.port}`, tls: true, maxRetries: 0 });
  await assert.rejects(over, { code: 'E_RELAY_UNREACHABLE', message: /with TLS\?$/ });
  assert.ok(!seen.join('').includes('HELLO'));
});

describe("an agent's own certificate", () => {
  test('is shown to a relay that asks for it, and read anew for each registration', async (t) => {
    const { broker, to, tlsCa } = await tlsBroker(t, {
      ...server,
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const first = authority.client('agent-1');
    const [tlsCert, tlsKey] = [await inFile(t, first.cert), await inFile(t, first.key)];
    const { next } = runAgent(t, { to, tls: true, tlsCa, tlsCert, tlsKey });
    await next('ready');
    const second = authority.client('agent-2');
    await writeFile(tlsCert, second.cert);
    await writeFile(tlsKey, second.key);
    (await broker.agent()).socket.destroy();
    await next('ready');
    assert.deepEqual(broker.peers, ['agent-1', 'agent-2']);
  });

  test('is missed by a relay that asks for one', async (t) => {
    const { to, tlsCa } = await tlsBroker(t, {
      ...server,
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const { over, told } = runAgent(t, { to, tls: true, tlsCa, maxRetries: 0 });
    await assert.rejects(over, /certificate required/);
    assert.ok(!told.includes('ready'));
  });
});

test('files that cannot be used are a mistake to mend first', async (t) => {
  const { to, tlsCa } = await tlsBroker(t);
  const junk = await inFile(t, 'no certificate');
  const { cert, key } = authority.client('agent-1');
  const good = { tlsCert: await inFile(t, cert), tlsKey: await inFile(t, key) };
  for (const options of [
    { tlsCa: junk },
    { tlsCa: `${junk}.missing` },
    { ...good, tlsKey: junk },
    { ...good, tlsCert: junk },
    { ...good, tlsKey: await inFile(t, server.key) },
  ]) {
    const { over, told } = runAgent(t, { to, tls: true, tlsCa, ...options });
    await assert.rejects(over, { code: 'E_TLS' });
    assert.ok(!told.includes('retrying'));
  }
});

test('options of TLS without TLS are a mistake', () => {
  for (const options of [
    { tlsCa: 'a' },
    { tlsCert: 'a', tlsKey: 'b' },
    { tls: true, tlsCert: 'a' },
    { tls: true, tlsKey: 'a' },
    { tlsServername: 'a' },
    { tls: true, dataPlane: 'linux' },
  ] as const) {
    assert.throws(() => createAgent({ to: 'a:1', target: 1, ...options }), {
      code: 'E_BAD_OPTION',
    });
  }
});

function planeOf(agent: Agent): Promise<[string, string]> {
  return new Promise((resolve) => agent.once('dataPlane', (...plane) => resolve(plane)));
}
