import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker, told } from '../support/broker.ts';
import { runAgent } from '../support/running-agent.ts';
import { tappedProxy } from '../support/tapped-proxy.ts';
import { connectTo, outcome, serve, visit } from '../support/tcp.ts';
import { tlsFiles } from '../support/tls-files.ts';

const TOKEN = `alice.${'x'.repeat(43)}`;

test('1,000 clients at once come through one connection, and get their own bytes back', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const { port } = await startBroker(t);
  const proxy = await tappedProxy(t, port);
  const { next } = runAgent(t, { to: `127.0.0.1:${proxy.port}`, mux: true, target: echo.port });
  const [grant] = await next('ready');
  const clients = Array.from({ length: 1000 }, async (_, n) => {
    const sent = Buffer.alloc(2000, `client ${n} `);
    const client = await connectTo(t, grant.port);
    const echoed = outcome(client);
    client.end(sent);
    assert.deepEqual(await echoed, { data: sent, ending: 'eof' });
  });
  await Promise.all(clients);
  assert.equal(proxy.seen.length, 1);
});

test('with a token and over TLS, nothing can be read on the way', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const { folder, ca, cert, key } = await tlsFiles(t);
  const tokens = join(folder, 'tokens.json');
  await writeFile(tokens, JSON.stringify({ version: 1, tokens: { alice: { token: TOKEN } } }), {
    mode: 0o600,
  });
  const { broker, port } = await startBroker(t, { tlsCert: cert, tlsKey: key, tokens });
  const proxy = await tappedProxy(t, port);
  const registered = told(broker, 'registered');
  const { next } = runAgent(t, {
    to: `127.0.0.1:${proxy.port}`,
    mux: true,
    target: echo.port,
    tls: true,
    tlsCa: ca,
    tlsServername: 'localhost',
    token: TOKEN,
  });
  const [grant] = await next('ready');
  const [{ token, secured, backConnectPort }] = await registered;
  assert.deepEqual([token, secured, backConnectPort], ['alice', true, 0]);
  assert.equal(await visit(t, grant.port, 'a secret'), 'a secret');
  const wire = proxy.seen.flatMap(({ toBroker, toAgent }) => [...toBroker, ...toAgent]);
  assert.doesNotMatch(Buffer.concat(wire).toString('latin1'), /secret|TAKEN|REGISTER/);
});

test('a connection that breaks is made anew, for the same port and those who wait', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const { broker, port } = await startBroker(t);
  const proxy = await tappedProxy(t, port);
  const { next } = runAgent(t, { to: `127.0.0.1:${proxy.port}`, mux: true, target: echo.port });
  const [before] = await next('ready');
  const again = next('ready');
  const held = told(broker, 'held');
  assert.equal(proxy.cut(), 1);
  await held;
  const patient = visit(t, before.port, 'I waited');
  const [after] = await again;
  assert.deepEqual([after.resumed, after.port], [true, before.port]);
  assert.equal(await patient, 'I waited');
});
