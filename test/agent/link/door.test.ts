import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Door, type DoorMemory } from '#src/agent/link/door.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { mutePort } from '../../support/mute-port.ts';
import { runAgent } from '../../support/running-agent.ts';
import { nowhere } from '../../support/station.ts';
import { outcome, serve } from '../../support/tcp.ts';

test('with but one port, all back-connects and spares go there', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const broker = await FakeBroker.start(t);
  runAgent(t, { to: broker.to, target: echo.port, singlePort: true, spares: 1 });
  const control = await broker.agent();
  for (const client of [await broker.client(control), await broker.takeSpare()]) {
    const echoed = outcome(client);
    client.end('hello');
    assert.equal((await echoed).data.toString(), 'hello');
  }
  assert.ok(broker.backConnects.length >= 2);
  assert.deepEqual([...new Set(broker.backConnects.map(({ door }) => door))], ['control']);
});

// Most of it is waiting for ports that do not answer.
describe('when the port for back-connects is out of reach,', { concurrency: true }, () => {
  for (const dataPlane of ['auto', 'portable'] as const) {
    describe(`with the data plane ${dataPlane}`, { concurrency: true }, () => {
      test('clients are fetched by the other one, with the same tickets, and it is said once', async (t) => {
        const closed = await nowhere(t);
        const echo = await serve(t, (socket) => socket.pipe(socket));
        const broker = await FakeBroker.start(t, { registered: { backConnectPort: closed.port } });
        const { told } = runAgent(t, { to: broker.to, target: echo.port, dataPlane });
        const control = await broker.agent();
        await Promise.all(
          Array.from({ length: 20 }, async () => {
            const client = await broker.client(control);
            const echoed = outcome(client);
            client.end('hello');
            assert.equal((await echoed).data.toString(), 'hello');
          }),
        );
        assert.deepEqual(
          told.filter((name) => name !== 'connectionEnded'),
          ['dataPlane', 'connected', 'ready', 'notice'],
        );
      });

      test('spares wait at the other one', async (t) => {
        const closed = await nowhere(t);
        const broker = await FakeBroker.start(t, { registered: { backConnectPort: closed.port } });
        const { next } = runAgent(t, { to: broker.to, spares: 3, dataPlane });
        const [code] = await next('notice');
        assert.equal(code, 'single-port');
        assert.equal((await broker.backConnect('[SPARE]', 3)).door, 'control');
      });

      test('a port that does not even refuse is given up while the client still waits', async (t) => {
        const echo = await serve(t, (socket) => socket.pipe(socket));
        const broker = await FakeBroker.start(t, {
          registered: { backConnectPort: await mutePort(t) },
        });
        const { next } = runAgent(t, { to: broker.to, target: echo.port, dataPlane });
        const control = await broker.agent();
        const since = performance.now();
        const ended = next('connectionEnded');
        const client = await broker.client(control);
        assert.ok(performance.now() - since < 8000, 'within the pair timeout of a broker');
        const echoed = outcome(client);
        client.end('hello');
        assert.equal((await echoed).data.toString(), 'hello');
        await ended;
        // From then on, nobody waits for it, which would take 2.5 s.
        const again = performance.now();
        await broker.client(control);
        assert.ok(performance.now() - again < 2400);
      });

      test('a target that hangs is not taken for such a port', async (t) => {
        const broker = await FakeBroker.start(t);
        const { agent, next, told } = runAgent(t, {
          to: broker.to,
          target: await mutePort(t),
          dataPlane,
        });
        const control = await broker.agent();
        control.say('NEW', { ticket: 't'.repeat(22), client: { address: '::1', port: 1 } });
        // Once by the pair, once to see whether it can be reached.
        await broker.visited(2);
        const failed = next('connectionFailed');
        await agent.close({ drain: 0 });
        await failed;
        assert.ok(!told.includes('notice'));
        assert.deepEqual(broker.backConnects, []);
      });
    });
  }
});

test('a port that was out of reach is not tried again when its registration is resumed', async (t) => {
  const closed = await nowhere(t);
  const echo = await serve(t, () => {});
  const broker = await FakeBroker.start(t, { registered: { backConnectPort: closed.port } });
  const { next, told } = runAgent(t, { to: broker.to, target: echo.port });
  await broker.client(await broker.agent());
  // It is there again, and would be used.
  const back = await serve(t, () => {}, { host: '127.0.0.1', port: closed.port });
  back.on('connection', () => assert.fail('the port for back-connects was dialled'));
  (await broker.agent()).socket.destroy();
  await next('ready');
  await broker.client(await broker.agent(2));
  assert.equal(told.filter((name) => name === 'notice').length, 1);
});

test('a target that cannot be reached says nothing of the door', async (t) => {
  const closed = await nowhere(t);
  const broker = await FakeBroker.start(t);
  const { next, told } = runAgent(t, { to: broker.to, target: closed.port });
  const control = await broker.agent();
  const failed = next('connectionFailed');
  control.say('NEW', { ticket: 't'.repeat(22), client: { address: '::1', port: 1 } });
  assert.equal((await failed)[0].code, 'E_TARGET_UNREACHABLE');
  assert.ok(!told.includes('notice'));
});

test('a server object is given its client by the other port, too', async (t) => {
  const closed = await nowhere(t);
  const service = await serve(t, (socket) => socket.pipe(socket));
  const broker = await FakeBroker.start(t, { registered: { backConnectPort: closed.port } });
  runAgent(t, { to: broker.to, target: service });
  const client = await broker.client(await broker.agent());
  const echoed = outcome(client);
  client.end('hello');
  assert.equal((await echoed).data.toString(), 'hello');
});

describe('what is known of the ports of several relays', () => {
  const doorTo = (host: string, backConnect: number, memory: DoorMemory) =>
    new Door({ host, control: 8080, backConnect, tls: undefined }, false, memory, () => {});

  /** Finds the port for back-connects out of reach. */
  function shut(host: string, backConnect: number, memory: DoorMemory): void {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    doorTo(host, backConnect, memory).detour({ host, port: backConnect }, cause);
  }

  test('is kept for each by its address, and for the port that it was', () => {
    const memory: DoorMemory = new Map();
    shut('192.0.2.1', 4001, memory);
    assert.equal(doorTo('192.0.2.2', 4001, memory).isSingle, false);
    shut('192.0.2.2', 4002, memory);
    assert.equal(doorTo('192.0.2.1', 4001, memory).isSingle, true);
    assert.equal(doorTo('192.0.2.1', 4009, memory).isSingle, false);
    assert.equal(doorTo('192.0.2.2', 4002, memory).isSingle, true);
  });

  test('is kept for a few, the last ones', () => {
    const memory: DoorMemory = new Map();
    for (let n = 0; n < 200; n += 1) shut(`192.0.2.${n}`, 4001, memory);
    assert.ok(memory.size < 100, `${memory.size}`);
    assert.equal(doorTo('192.0.2.199', 4001, memory).isSingle, true);
  });
});
