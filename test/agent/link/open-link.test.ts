import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { AgentOptions } from 'relay-broker';
import { basicBroker } from '../../support/basic-broker.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { emptyFolder } from '../../support/folder.ts';
import { runAgent } from '../../support/running-agent.ts';
import { outcome, serve } from '../../support/tcp.ts';

const TOKEN = `alice.${'x'.repeat(43)}`;

describe('a broker that knows only the basic protocol', () => {
  test('is served by that, with a warning and no address, and asked again at the next try', async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const registered: Socket[] = [];
    const broker = await basicBroker(t, (socket) => registered.push(socket));
    const { next, told } = runAgent(t, { to: `127.0.0.1:${broker.port}`, target: echo.port });
    const [[code, message]] = await Promise.all([next('notice'), next('connected')]);
    assert.equal(code, 'basic-protocol');
    assert.match(message, /only the basic protocol/);
    const backConnects = await serve(t, () => {});
    const fetched = once(backConnects, 'connection');
    registered[0]?.write(`[NEW] ${backConnects.port}\n`);
    const [client] = (await fetched) as [Socket];
    const echoed = outcome(client);
    client.end('hello');
    assert.equal((await echoed).data.toString(), 'hello');
    registered[0]?.destroy();
    await next('lost');
    await next('notice');
    await next('connected');
    assert.equal(registered.length, 2);
    assert.ok(!told.includes('ready'));
  });

  test('may also close without a word', async (t) => {
    for (const close of [
      (socket: Socket) => socket.end(),
      (socket: Socket) => socket.resetAndDestroy(),
    ]) {
      let visits = 0;
      const broker = await serve(t, (socket) => {
        visits += 1;
        if (visits === 1) socket.once('data', () => close(socket));
      });
      const { next } = runAgent(t, { to: `127.0.0.1:${broker.port}` });
      await next('connected');
      assert.equal(visits, 2);
    }
  });

  test('may refuse those who say nothing, and that is told with its code', async (t) => {
    const broker = await basicBroker(t, (socket) =>
      socket.end('[ERROR] {"code":"basic-refused","message":"not from your address"}\n'),
    );
    const { next } = runAgent(t, { to: `127.0.0.1:${broker.port}` });
    const [error] = await next('refused');
    assert.equal(error.refusal, 'basic-refused');
  });

  test('sends nobody elsewhere', async (t) => {
    const broker = await basicBroker(t, (socket) =>
      socket.end('[ERROR] {"code":"elsewhere","message":"go","to":"127.0.0.1:1"}\n'),
    );
    const { over, told } = runAgent(t, { to: `127.0.0.1:${broker.port}`, maxRetries: 0 });
    await assert.rejects(over, { code: 'E_REFUSED', refusal: 'elsewhere' });
    assert.ok(!told.includes('elsewhere'));
  });

  const BEYOND: Partial<AgentOptions>[] = [
    { token: TOKEN },
    { port: 4000 },
    { ports: '4000-4001' },
    { name: 'blog' },
    { singlePort: true },
    { spares: 1 },
    { health: 'tcp' },
    { proxyProtocol: 'v2' },
    { maxClients: 5 },
    { denyClients: '10.0.0.1' },
  ];
  for (const options of BEYOND) {
    const [name = ''] = Object.keys(options);
    test(`is not enough for ${name}, which is said instead of being left out`, async (t) => {
      const broker = await basicBroker(t, () => assert.fail('registered by the basic protocol'));
      const { over, next, told } = runAgent(t, {
        to: `127.0.0.1:${broker.port}`,
        ...options,
        maxRetries: 0,
      });
      const [error] = await next('refused');
      assert.equal(error.refusal, 'hello-unknown');
      await assert.rejects(over, { code: 'E_REFUSED', message: new RegExp(`\\(${name}\\)\\.$`) });
      assert.ok(!told.includes('notice'));
    });
  }

  test('is not enough for a state file, even when it closes without a word', async (t) => {
    let visits = 0;
    const broker = await serve(t, (socket) => {
      visits += 1;
      socket.once('data', () => socket.end());
    });
    const state = join(await emptyFolder(t), 'state.json');
    const { over } = runAgent(t, { to: `127.0.0.1:${broker.port}`, state, maxRetries: 0 });
    await assert.rejects(over, { code: 'E_RELAY_LOST', message: /\(state\)/ });
    assert.equal(visits, 1);
  });
});

test('a broker that heard hello too late is not taken for one that knows only the basic protocol', async (t) => {
  const broker: FakeBroker = await FakeBroker.start(t, {
    onHello: (control) => {
      if (broker.controls.length > 1) return broker.answerHello(control);
      control.say('ERROR', { code: 'hello-timeout', message: 'try again' });
      control.socket.end();
    },
  });
  const { next, told } = runAgent(t, { to: broker.to });
  const [error] = await next('retrying');
  assert.equal(error.refusal, 'hello-timeout');
  await next('ready');
  assert.ok(!told.includes('notice'));
});

test('a broker that granted something once is not taken for one that knows only the basic protocol', async (t) => {
  let isStarting = false;
  const broker: FakeBroker = await FakeBroker.start(t, {
    onHello: (control) => {
      if (isStarting) control.socket.end();
      else broker.answerHello(control);
    },
  });
  const { next, told } = runAgent(t, { to: broker.to });
  await next('ready');
  isStarting = true;
  (await broker.agent()).socket.destroy();
  await next('retrying');
  const [error] = await next('retrying');
  assert.equal(error.code, 'E_RELAY_LOST');
  isStarting = false;
  const [grant] = await next('ready');
  assert.equal(grant.resumed, true);
  assert.ok(!told.includes('notice'));
});
