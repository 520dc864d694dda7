import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import { backConnect, firstOfSpare, registerAgent } from '../support/extended-agent.ts';
import { connectTo, outcome } from '../support/tcp.ts';

for (const dataPlane of DATA_PLANES) {
  describe(`a back-connect to the control port (${dataPlane})`, () => {
    test('fetches the client of its ticket, with the bytes right behind its line', async (t) => {
      const { port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const { registration } = granted;
      const clients = [await connectTo(t, granted.port), await connectTo(t, granted.port)];
      const tickets = [await agent.line('NEW', 1), await agent.line('NEW', 2)];
      for (const n of [1, 0]) {
        const client = clients[n];
        const ticket = tickets[n]?.ticket ?? '';
        assert.ok(client);
        const server = await backConnect(t, port, { word: 'TICKET', registration, ticket });
        server.end(`for ${n}`);
        const question = outcome(server);
        const answer = outcome(client);
        client.end(`from ${n}`);
        assert.deepEqual(await answer, { data: Buffer.from(`for ${n}`), ending: 'eof' });
        assert.deepEqual(await question, { data: Buffer.from(`from ${n}`), ending: 'eof' });
      }
    });

    test('may be a spare', async (t) => {
      const { port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const { registration, spareTicket: ticket } = granted;
      const spare = await backConnect(t, port, { word: 'SPARE', registration, ticket });
      const { client } = await firstOfSpare(t, { agent, granted }, spare);
      spare.end('served');
      assert.equal(String((await outcome(client)).data), 'served');
    });

    test('without a good ticket is closed, and its client goes on waiting', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const { registration } = granted;
      const client = await connectTo(t, granted.port);
      const { ticket } = await agent.line('NEW');
      const refused = told(broker, 'backConnectRefused');
      const stranger = await backConnect(t, port, {
        word: 'TICKET',
        registration,
        ticket: 'x'.repeat(22),
      });
      assert.equal((await outcome(stranger)).ending, 'eof');
      assert.deepEqual((await refused).slice(1), ['ticket', '127.0.0.1']);
      const server = await backConnect(t, port, { word: 'TICKET', registration, ticket });
      server.end('served');
      assert.equal(String((await outcome(client)).data), 'served');
    });

    test('for no registration that is here is closed and reported', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const registered = told(broker, 'registered');
      await connectTo(t, port);
      const [{ id: basic }] = await registered;
      for (const registration of [basic, 4711]) {
        const refused = told(broker, 'refused');
        const line = { word: 'TICKET', registration, ticket: 'x'.repeat(22) } as const;
        const stranger = await backConnect(t, port, line);
        assert.equal((await outcome(stranger)).ending, 'eof');
        assert.deepEqual((await refused).slice(1, 2), ['back-connect']);
      }
    });

    test('takes its registration’s tickets while that is held', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const client = await connectTo(t, granted.port);
      const { ticket } = await agent.line('NEW');
      const held = told(broker, 'held');
      agent.socket.destroy();
      await held;
      const { registration } = granted;
      const server = await backConnect(t, port, { word: 'TICKET', registration, ticket });
      server.end('served');
      assert.equal(String((await outcome(client)).data), 'served');
    });
  });
}
