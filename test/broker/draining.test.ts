import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import { backConnect, registerAgent } from '../support/extended-agent.ts';
import { connectTo, knock, outcome, read } from '../support/tcp.ts';
import { until } from '../support/until.ts';

for (const dataPlane of DATA_PLANES) {
  describe(`a broker that drains (${dataPlane})`, () => {
    test('sends its agents elsewhere before anything else, and lets who waits be fetched', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const idle = await registerAgent(t, port);
      const { agent, granted } = await registerAgent(t, port);
      const clients = [await connectTo(t, granted.port), await connectTo(t, granted.port)];
      const tickets = [(await agent.line('NEW')).ticket, (await agent.line('NEW', 2)).ticket];
      const closed = broker.close({ drain: 60 });
      assert.equal(broker.status().state, 'draining');
      for (const each of [idle, { agent, granted }]) {
        assert.equal((await each.agent.line('ERROR')).code, 'shutdown');
        assert.equal(await knock(each.granted.port), 'ECONNREFUSED');
      }
      // As an agent does, whose clients outlive its control connection.
      agent.socket.end();
      const { registration, backConnectPort } = granted;
      const [first = '', second = ''] = tickets;
      const servers = [
        await backConnect(t, backConnectPort, { word: 'TICKET', registration, ticket: first }),
        await backConnect(t, port, { word: 'TICKET', registration, ticket: second }),
      ];
      for (const [n, client] of clients.entries()) {
        client.write('question');
        assert.equal(`${await read(servers[n] as (typeof servers)[0], 8)}`, 'question');
      }
      await until(() => broker.status().registrations.draining === 1);
      for (const socket of [...clients, ...servers]) socket.end();
      await Promise.all([...clients, ...servers].map(outcome));
      await closed;
    });

    test('takes no registration any more, and says why', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      await connectTo(t, granted.port);
      await agent.line('NEW');
      const closed = broker.close({ drain: 60 });
      const late = registerAgent(t, port);
      await assert.rejects(late, /no 1\. \[REGISTERED\] in .*"code":"shutdown"/);
      await broker.close({ drain: 0 });
      await closed;
    });

    test('tells how many connections are left, and how many were cut', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const client = await connectTo(t, granted.port);
      const { ticket } = await agent.line('NEW');
      const { registration, backConnectPort } = granted;
      await backConnect(t, backConnectPort, { word: 'TICKET', registration, ticket });
      await until(() => broker.status().counters.paired === 1);
      const [draining, drained] = [told(broker, 'draining'), told(broker, 'drained')];
      const ended = once(client, 'error');
      await broker.close({ drain: 0.05 });
      assert.deepEqual([await draining, await drained], [[1], [1]]);
      assert.equal((await ended)[0].code, 'ECONNRESET');
    });
  });
}
