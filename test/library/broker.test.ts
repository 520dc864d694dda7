import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { type BrokerOptions, createBroker, RelayError } from 'relay-broker';
import { connectTo, knock, outcome, serve } from '../support/tcp.ts';

describe('createBroker', () => {
  test('throws E_BAD_OPTION that names what is wrong, before anything is opened', () => {
    const options = { port: 0, pairTimeout: -1, colour: 'red' } as BrokerOptions;
    assert.throws(
      () => createBroker(options),
      (error) =>
        error instanceof RelayError &&
        error.code === 'E_BAD_OPTION' &&
        /pairTimeout/.test(error.message) &&
        /unknown option colour/.test(error.message),
    );
  });

  test('start rejects with E_LISTEN on a port in use', async (t) => {
    const taken = await serve(t, () => {});
    const broker = createBroker({ port: taken.port, host: '127.0.0.1' });
    await assert.rejects(broker.start(), { name: 'RelayError', code: 'E_LISTEN' });
    await broker.close();
  });

  test('reports a registration from its start to its end', async (t) => {
    const { broker, port } = await started(t);
    const registered = once(broker, 'registered');
    const control = await connectTo(t, port);
    const [registration] = await registered;
    assert.equal(registration.address, '127.0.0.1');

    const waiting = once(broker, 'clientWaiting');
    const client = await connectTo(t, registration.clientPort);
    await waiting;
    const seen = outcome(client);
    const ended = once(broker, 'clientEnded');
    const over = once(broker, 'ended');
    control.end();
    const [, record] = await ended;
    assert.equal(record.ending, 'stopped');
    assert.equal((await seen).ending, 'ECONNRESET');
    const [, ending, counters] = await over;
    assert.equal(ending, 'closed');
    assert.equal(counters.ended.stopped, 1);
    assert.equal(await knock(registration.clientPort), 'ECONNREFUSED');
  });

  test('takes back-connects only from where the registration came from', async (t) => {
    const { broker, port } = await started(t);
    const registered = once(broker, 'registered');
    await connectTo(t, port, { localAddress: '127.0.0.2' });
    const [{ clientPort, backConnectPort }] = await registered;
    await connectTo(t, clientPort);
    const refused = once(broker, 'backConnectRefused');
    await connectTo(t, backConnectPort, { localAddress: '127.0.0.3' });
    assert.deepEqual((await refused).slice(1), ['address', '127.0.0.3']);
  });

  test('relayed connections outlive their control connection', async (t) => {
    const { broker, port } = await started(t);
    const registered = once(broker, 'registered');
    const control = await connectTo(t, port);
    const [{ clientPort, backConnectPort }] = await registered;
    const waiting = once(broker, 'clientWaiting');
    const client = await connectTo(t, clientPort);
    await waiting;
    const server = await connectTo(t, backConnectPort);
    const over = once(broker, 'ended');
    control.resetAndDestroy();
    await over;
    const echoed = outcome(client);
    server.pipe(server);
    client.end('still relayed');
    assert.equal((await echoed).data.toString(), 'still relayed');
  });

  test('a thousand registrations open and close without a trace', async (t) => {
    const { broker, port } = await started(t, { helloWait: 0 });
    let open = 0;
    let wanted = 0;
    let allOpen = () => {};
    broker.on('registered', () => {
      open += 1;
      if (open === wanted) allOpen();
    });
    const controls: Socket[] = [];
    // No more of one address may be at the door at one time.
    for (wanted = 100; wanted <= 1000; wanted += 100) {
      const registered = new Promise<void>((resolve) => {
        allOpen = resolve;
      });
      controls.push(...(await Promise.all(Array.from({ length: 100 }, () => connectTo(t, port)))));
      await registered;
    }
    const closed = new Promise<void>((resolve) => {
      broker.on('ended', () => {
        open -= 1;
        if (open === 0) resolve();
      });
    });
    for (const control of controls) control.destroy();
    await closed;
  });

  test('what registers while it closes leaves no port open', async (t) => {
    for (let wait = 0; wait < 60; wait += 10) {
      const { broker, port } = await started(t, { helloWait: 5 });
      const registered: { clientPort: number }[] = [];
      broker.on('registered', (registration) => registered.push(registration));
      await connectTo(t, port);
      await new Promise((resolve) => setTimeout(resolve, wait));
      await broker.close();
      for (const { clientPort } of registered)
        assert.equal(await knock(clientPort), 'ECONNREFUSED');
    }
  });

  test('closed while it starts, it does not listen', async () => {
    const broker = createBroker({ port: 0, host: '127.0.0.1' });
    const starting = broker.start();
    await broker.close();
    await assert.rejects(starting, { code: 'E_LISTEN' });
  });

  test('close can be called twice, and resolves when all is gone', async (t) => {
    const { broker, port } = await started(t);
    const control = await connectTo(t, port);
    const gone = outcome(control);
    await Promise.all([broker.close(), broker.close({ drain: 0 })]);
    await gone;
    assert.equal(await knock(port), 'ECONNREFUSED');
  });
});

async function started(t: TestContext, options: Partial<BrokerOptions> = {}) {
  const broker = createBroker({ port: 0, host: '127.0.0.1', ...options });
  t.after(() => broker.close({ drain: 0 }));
  const { port } = await broker.start();
  return { broker, port };
}
