import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import { backConnect, connectAgent, registerAgent } from '../support/extended-agent.ts';
import { connectTo, outcome } from '../support/tcp.ts';

for (const dataPlane of DATA_PLANES) {
  describe(`the descriptors of a broker (${dataPlane})`, () => {
    test('are all given back, whatever they were for', async (t) => {
      const budget = DescriptorBudget.ofProcess();
      const before = budget.free;
      const { broker, port } = await startBroker(t, { dataPlane, lease: 0.1 });
      const { agent, granted } = await registerAgent(t, port);
      const { registration } = granted;
      for (let n = 1; n <= 10; n += 1) {
        const client = await connectTo(t, granted.port);
        const { ticket } = await agent.line('NEW', n);
        const at = n % 2 ? port : granted.backConnectPort;
        const server = await backConnect(t, at, { word: 'TICKET', registration, ticket });
        server.end('served');
        client.end();
        await outcome(client);
      }
      const refused = await connectAgent(t, port);
      await assert.rejects(refused.register({ port: granted.port }), /port-taken/);
      const stranger = outcome(await connectTo(t, port));
      const ended = told(broker, 'ended');
      agent.socket.resetAndDestroy();
      await ended;
      const basic = told(broker, 'registered');
      await connectTo(t, port);
      await basic;
      assert.ok(budget.free < before);
      await broker.close();
      await stranger;
      // A socket tells of its end a moment after its server counts it out.
      while (budget.free !== before) await turn();
    });
  });
}
