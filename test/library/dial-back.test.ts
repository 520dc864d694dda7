import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { createAgent, createBroker, dialBackAndPipe } from 'relay-broker';
import { basicBroker } from '../support/basic-broker.ts';
import { mutePort } from '../support/mute-port.ts';
import { nowhere } from '../support/station.ts';
import { outcome, serve } from '../support/tcp.ts';

const host = '127.0.0.1';

describe('dialBackAndPipe', () => {
  test('settles with the bytes moved each way', async (t) => {
    const relay = await serve(t, (socket) => socket.end('ping'));
    const target = await serve(t, (socket) => {
      socket.resume().once('end', () => socket.end('pong!'));
    });
    assert.deepEqual(await dialBackAndPipe({ host, port: relay.port, target: target.port }), {
      bytesToServer: 4,
      bytesToClient: 5,
      ending: 'eof',
      firstEnd: 'client',
    });
  });

  test('hands the connection to a server object that listens nowhere', async (t) => {
    const relay = await serve(t, (socket) => socket.end('ping'));
    const target = createTcpServer({ allowHalfOpen: true }, (socket: Socket) => {
      socket.on('data', (data) => socket.write(`${data}?`));
      socket.on('end', () => socket.end());
    });
    const report = await dialBackAndPipe({ host, port: relay.port, target });
    assert.deepEqual(report, {
      bytesToServer: 4,
      bytesToClient: 5,
      ending: 'eof',
      firstEnd: 'client',
    });
  });

  test('rejects with E_TARGET_UNREACHABLE and resets the client', async (t) => {
    const relay = await serve(t, () => {});
    const closed = await nowhere(t);
    const arrived = once(relay, 'connection');
    const dialling = dialBackAndPipe({ host, port: relay.port, target: `${host}:${closed.port}` });
    await assert.rejects(dialling, {
      code: 'E_TARGET_UNREACHABLE',
      message: new RegExp(`target at ${host}:${closed.port}: connection refused`),
    });
    const [client] = await arrived;
    assert.equal((await outcome(client)).ending, 'ECONNRESET');
  });

  test('rejects with E_RELAY_UNREACHABLE, also for a server object', async (t) => {
    const closed = await nowhere(t);
    const target = await serve(t, () => {});
    for (const each of [target.port, target]) {
      const dialling = dialBackAndPipe({ host, port: closed.port, target: each });
      await assert.rejects(dialling, { code: 'E_RELAY_UNREACHABLE' });
    }
  });

  test('rejects with E_BAD_OPTION for a target or a port that is none', async () => {
    await assert.rejects(dialBackAndPipe({ host, port: 1, target: 'nowhere' }), {
      code: 'E_BAD_OPTION',
    });
    await assert.rejects(dialBackAndPipe({ host, port: 70000, target: 1 }), {
      code: 'E_BAD_OPTION',
    });
  });
});

test('an http.Server behind an agent answers without a port of its own', async (t) => {
  const broker = createBroker({ port: 0, host });
  const { port } = await broker.start();
  const registered = once(broker, 'registered');
  const web = createServer((request, response) => response.end(`you asked for ${request.url}`));
  const agent = createAgent({ to: `${host}:${port}`, target: web });
  const running = agent.run();
  t.after(async () => {
    await agent.close({ drain: 0 });
    await running;
    await broker.close({ drain: 0 });
  });
  const [{ clientPort }] = await registered;
  for (const path of ['/one', '/two']) {
    const [response] = await once(get({ host, port: clientPort, path, agent: false }), 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), `you asked for ${path}`);
  }
});

test('an agent that is closed while it waits for its next try stops at once', async (t) => {
  const closed = await nowhere(t);
  const agent = createAgent({ to: `${host}:${closed.port}`, target: 1 });
  const retrying = once(agent, 'retrying');
  const running = agent.run();
  await retrying;
  await agent.close();
  await running;
});

test('a server object of which a client leaves is not disturbed', async (t) => {
  const relay = await serve(t, (socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  });
  const target = createTcpServer((socket) => socket.on('error', () => {}).write('hello'));
  const { ending } = await dialBackAndPipe({ host, port: relay.port, target });
  assert.equal(ending, 'client-reset');
});

test('a signal gives up the dials, and resets what is connected', async (t) => {
  const relay = await serve(t, (socket) => socket.write('x'));
  const target = await serve(t, () => {});
  const options = { host, port: relay.port, target: target.port };
  const early = dialBackAndPipe({ ...options, signal: AbortSignal.abort() });
  await assert.rejects(early, { name: 'AbortError' });

  const arrived = once(target, 'connection');
  const abort = new AbortController();
  const late = dialBackAndPipe({ ...options, signal: abort.signal });
  const [service] = await arrived;
  await once(service, 'readable');
  const seen = outcome(service);
  abort.abort();
  assert.equal((await late).ending, 'cut');
  assert.equal((await seen).ending, 'ECONNRESET');
});

test('an agent that is closed gives up what it is still dialling', async (t) => {
  const mute = await mutePort(t);
  const backConnects = await serve(t, () => {});
  const control = await basicBroker(t, (socket) => socket.write(`[NEW] ${backConnects.port}\n`));
  const agent = createAgent({ to: `${host}:${control.port}`, target: mute });
  const dialled = once(backConnects, 'connection');
  const running = agent.run();
  await dialled;
  const failed = once(agent, 'connectionFailed');
  await agent.close({ drain: 0 });
  await running;
  const [error] = await failed;
  assert.equal(error.code, 'E_TARGET_UNREACHABLE');
  assert.match(error.message, /given up/);
});

// Less than what the dial itself would wait.
test('an agent that is closed gives up a relay that does not answer', {
  timeout: 9000,
}, async (t) => {
  const agent = createAgent({ to: `${host}:${await mutePort(t)}`, target: 1 });
  const running = agent.run();
  await agent.close();
  await running;
});
