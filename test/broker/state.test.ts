import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createBroker } from '#src/broker/broker.ts';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import { backConnect, connectAgent, registerAgent } from '../support/extended-agent.ts';
import { emptyFolder } from '../support/folder.ts';
import { connectTo, knock, outcome, portsToKeep, serve } from '../support/tcp.ts';

for (const dataPlane of DATA_PLANES) {
  describe(`a broker that is started again with its state file (${dataPlane})`, () => {
    test('has the ports of its leases open at once, and gives them back', async (t) => {
      const state = join(await emptyFolder(t), 'state');
      const ports = await portsToKeep();
      const first = await startBroker(t, { dataPlane, state, ports });
      const agents = [await registerAgent(t, first.port), await registerAgent(t, first.port)];
      await first.broker.close();

      const second = createBroker({ port: 0, host: '127.0.0.1', dataPlane, state });
      t.after(() => second.close({ drain: 0 }));
      const restored: number[] = [];
      second.on('restored', ({ clientPort }) => restored.push(clientPort));
      const { port } = await second.start();
      const granted = agents.map(({ granted: { port } }) => port);
      assert.deepEqual(restored.toSorted(), granted.toSorted());
      await assert.rejects(registerAgent(t, port, { port: granted[0] }), /port-taken/);
      for (const { granted } of agents) {
        const client = await connectTo(t, granted.port);
        const agent = await connectAgent(t, port);
        const again = await agent.register({ resume: granted.key });
        assert.deepEqual([again.resumed, again.port], [true, granted.port]);
        const { ticket } = await agent.line('NEW');
        const { registration, backConnectPort } = again;
        const line = { word: 'TICKET', registration, ticket } as const;
        (await backConnect(t, backConnectPort, line)).end('served');
        assert.equal(String((await outcome(client)).data), 'served');
      }
    });

    test('gives each lease its time anew, and then the port is free', async (t) => {
      const state = join(await emptyFolder(t), 'state');
      const ports = await portsToKeep();
      const first = await startBroker(t, { dataPlane, state, ports });
      const { granted } = await registerAgent(t, first.port);
      await first.broker.close();
      const second = createBroker({ port: 0, host: '127.0.0.1', dataPlane, state, lease: 0.1 });
      t.after(() => second.close({ drain: 0 }));
      const ended = told(second, 'ended');
      await second.start();
      assert.equal((await ended)[1], 'lease-over');
      assert.equal(await knock(granted.port), 'ECONNREFUSED');
      await second.close();
      assert.deepEqual(JSON.parse(await readFile(state, 'utf8')).leases, []);
    });
  });
}

describe('a state file', () => {
  test('has the lease before the agent has its port', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const { port } = await startBroker(t, { state });
    const { granted } = await registerAgent(t, port);
    const text = await readFile(state, 'utf8');
    assert.deepEqual(
      JSON.parse(text).leases.map((lease: { port: number }) => lease.port),
      [granted.port],
    );
    assert.ok(!text.includes(granted.key));
  });

  test('loses what its agent is done with', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const { broker, port } = await startBroker(t, { state });
    const { agent } = await registerAgent(t, port);
    const ended = told(broker, 'ended');
    agent.say('BYE');
    await ended;
    await broker.close();
    assert.deepEqual(JSON.parse(await readFile(state, 'utf8')).leases, []);
  });

  test('holds no registrations of the basic protocol', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const { broker, port } = await startBroker(t, { state });
    const registered = told(broker, 'registered');
    await connectTo(t, port);
    await registered;
    await broker.close();
    assert.deepEqual(JSON.parse(await readFile(state, 'utf8')).leases, []);
  });

  test('whose port somebody else has taken is told of, and that lease given up', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const ports = await portsToKeep();
    const first = await startBroker(t, { state, ports });
    const { granted } = await registerAgent(t, first.port);
    await first.broker.close();
    await serve(t, () => {}, { host: '127.0.0.1', port: granted.port });
    const second = createBroker({ port: 0, host: '127.0.0.1', state });
    t.after(() => second.close({ drain: 0 }));
    const lost = told(second, 'leaseLost');
    const { port } = await second.start();
    assert.deepEqual(await lost, [granted.port, 'port-taken']);
    const { granted: other } = await registerAgent(t, port, { resume: granted.key });
    assert.equal(other.resumed, false);
  });

  test('whose leases nobody could take up any more, for want of a token, is told of', async (t) => {
    const folder = await emptyFolder(t);
    const [state, tokens] = [join(folder, 'state'), join(folder, 'tokens')];
    const ports = await portsToKeep();
    const first = await startBroker(t, { state, ports });
    const { granted } = await registerAgent(t, first.port);
    await first.broker.close();
    await writeFile(tokens, '{"version":1,"tokens":{}}', { mode: 0o600 });
    const second = createBroker({ port: 0, host: '127.0.0.1', state, tokens });
    t.after(() => second.close({ drain: 0 }));
    const lost = told(second, 'leaseLost');
    await second.start();
    assert.deepEqual(await lost, [granted.port, 'it was made without a token']);
    assert.equal(await knock(granted.port), 'ECONNREFUSED');
  });

  test('is one broker’s: a second one does not start, and takes nothing from the first', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const { port } = await startBroker(t, { state });
    const { granted } = await registerAgent(t, port);
    const second = createBroker({ port: 0, host: '127.0.0.1', state });
    await assert.rejects(second.start(), { code: 'E_STATE' });
    await second.close();
    assert.equal((await registerAgent(t, port, { resume: granted.key })).granted.resumed, true);
  });

  test('outlives a start that fails for want of the control port', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const ports = await portsToKeep();
    const first = await startBroker(t, { state, ports });
    const { granted } = await registerAgent(t, first.port);
    await first.broker.close();
    const taken = await serve(t, () => {});
    const failing = createBroker({ port: taken.port, host: '127.0.0.1', state });
    await assert.rejects(failing.start(), { code: 'E_LISTEN' });
    assert.equal(await knock(granted.port), 'ECONNREFUSED', 'nothing is left open');
    const third = await startBroker(t, { state });
    assert.equal(
      (await registerAgent(t, third.port, { resume: granted.key })).granted.resumed,
      true,
    );
  });
});
