import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import { backConnect, connectAgent, registerAgent } from '../support/extended-agent.ts';
import { connectTo, freePorts, knock, outcome, read } from '../support/tcp.ts';

for (const dataPlane of DATA_PLANES) {
  describe(`a registration whose agent is gone (${dataPlane})`, () => {
    test('is held, and given back with its port and its waiting clients', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const early = await connectTo(t, granted.port);
      const announced = await agent.line('NEW');
      const held = told(broker, 'held');
      agent.socket.resetAndDestroy();
      assert.deepEqual((await held).slice(1), ['lost', 60]);
      const waiting = told(broker, 'clientWaiting');
      const late = await connectTo(t, granted.port);
      await waiting;

      const resumed = told(broker, 'resumed');
      const next = await connectAgent(t, port);
      const again = await next.register({ resume: granted.key });
      assert.deepEqual(
        [again.resumed, again.port, again.key, again.registration],
        [true, granted.port, granted.key, granted.registration],
      );
      assert.equal((await resumed)[0].clientPort, granted.port);
      const tickets = [await next.line('NEW', 1), await next.line('NEW', 2)];
      assert.equal(
        tickets[0]?.ticket,
        announced.ticket,
        'the ticket of an earlier [NEW] stays good',
      );
      for (const [n, client] of [early, late].entries()) {
        const { registration, backConnectPort } = again;
        const ticket = tickets[n]?.ticket ?? '';
        const server = await backConnect(t, backConnectPort, {
          word: 'TICKET',
          registration,
          ticket,
        });
        server.end(`for ${n}`);
        assert.equal(String((await outcome(client)).data), `for ${n}`);
      }
    });

    test('is not, where it hung up before it was granted, and said so', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const agent = await connectAgent(t, port);
      await agent.hello();
      const ended = told(broker, 'ended');
      agent.say('REGISTER', { name: 'blog' });
      agent.say('BYE');
      agent.socket.end();
      assert.match((await ended)[1], /^(bye|lost)$/);
      const { granted } = await registerAgent(t, port, { name: 'blog' });
      assert.equal(granted.name, 'blog');
    });

    test('keeps its connections, and takes back-connects with a good ticket', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const { registration, backConnectPort } = granted;
      const client = await connectTo(t, granted.port);
      const { ticket } = await agent.line('NEW');
      const held = told(broker, 'held');
      agent.socket.end();
      assert.equal((await held)[1], 'closed');
      const server = await backConnect(t, backConnectPort, {
        word: 'TICKET',
        registration,
        ticket,
      });
      client.write('x');
      await read(server, 1);
      await registerAgent(t, port, { resume: granted.key });
      server.end('all the while');
      assert.equal(String((await outcome(client)).data), 'all the while');
    });

    test('ends when its lease is over, and its port is free then', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane, lease: 0.2 });
      const { agent, granted } = await registerAgent(t, port, { port: await freePorts(1) });
      const seen = outcome(await connectTo(t, granted.port));
      await agent.line('NEW');
      const ended = told(broker, 'ended');
      agent.socket.destroy();
      assert.equal((await ended)[1], 'lease-over');
      assert.equal((await seen).ending, 'ECONNRESET');
      assert.equal(await knock(granted.port), 'ECONNREFUSED');
      const next = await registerAgent(t, port, { port: granted.port, resume: granted.key });
      assert.equal(next.granted.resumed, false);
      assert.notEqual(next.granted.key, granted.key);
    });

    test('keeps its port from everybody without the key', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const held = told(broker, 'held');
      agent.socket.destroy();
      await held;
      await assert.rejects(registerAgent(t, port, { port: granted.port }), /port-taken/);
      const resume = granted.key.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
      const other = await registerAgent(t, port, { preferredPort: granted.port, resume });
      assert.equal(other.granted.resumed, false);
      assert.notEqual(other.granted.port, granted.port);
    });

    test('is the newest one’s who has the key', async (t) => {
      const { port } = await startBroker(t, { dataPlane });
      const first = await registerAgent(t, port);
      const second = await registerAgent(t, port, { resume: first.granted.key });
      assert.equal(second.granted.resumed, true);
      assert.equal((await first.agent.line('ERROR')).code, 'replaced');
      assert.equal(await first.agent.ended, 'eof');
      await connectTo(t, second.granted.port);
      await second.agent.line('NEW');
    });

    test('is held when the agent gives no sign of life, and not before', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane, heartbeat: 1 });
      const { agent, granted } = await registerAgent(t, port);
      assert.equal(granted.deadline, 3);
      let isHeld = false;
      const held = told(broker, 'held').then((event) => {
        isHeld = true;
        return event;
      });
      for (let n = 1; n <= 4; n += 1) {
        await agent.line('PING', n);
        agent.say('PING');
      }
      assert.equal(isHeld, false);
      assert.equal((await held)[1], 'silent');
      assert.equal((await agent.line('ERROR')).code, 'silent');
      assert.equal(await agent.ended, 'eof');
    });

    test('is held when the agent reads nothing', async (t) => {
      const { broker, port } = await startBroker(t, {
        dataPlane,
        maxWaiting: 100_000,
        maxClients: 100_000,
      });
      const { agent } = await registerAgent(t, port);
      agent.socket.pause();
      const held = told(broker, 'held');
      let isHeld = false;
      void held.then(() => {
        isHeld = true;
      });
      // Answers to unknown words, with a known one now and then, since many in a row would end it.
      const words = `${'[NEWS] {}\n'.repeat(60)}[PING] {}\n`.repeat(100);
      while (!isHeld && !agent.socket.destroyed) {
        await new Promise((resolve) => agent.socket.write(words, resolve));
      }
      assert.equal((await held)[1], 'not-reading');
    });

    test('does not hold up a shutdown, and leaves nothing open', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane, drain: 60 });
      const { agent, granted } = await registerAgent(t, port);
      const live = await registerAgent(t, port);
      const held = told(broker, 'held');
      agent.socket.destroy();
      await held;
      const seen = outcome(await connectTo(t, granted.port));
      const closed = broker.close();
      assert.equal((await live.agent.line('ERROR')).code, 'shutdown');
      live.agent.socket.end();
      await closed;
      assert.equal((await seen).ending, 'ECONNRESET');
      for (const each of [port, granted.port, live.granted.port]) {
        assert.equal(await knock(each), 'ECONNREFUSED');
      }
    });
  });
}

describe('agents that share a key', () => {
  test('replace each other three times, then the one that is there stays, and both are told', async (t) => {
    const { broker, port } = await startBroker(t);
    const { granted } = await registerAgent(t, port);
    const resume = granted.key;
    for (let n = 1; n <= 2; n += 1) await registerAgent(t, port, { resume });
    const last = await registerAgent(t, port, { resume });
    const shared = told(broker, 'keyShared');
    await assert.rejects(registerAgent(t, port, { resume }), /key-shared/);
    assert.equal((await last.agent.line('WARNING')).code, 'key-shared');
    assert.equal((await shared)[0].clientPort, granted.port);
    await assert.rejects(registerAgent(t, port, { resume }), /key-shared/);

    const held = told(broker, 'held');
    last.agent.socket.destroy();
    await held;
    assert.equal((await registerAgent(t, port, { resume })).granted.resumed, true);
  });
});

describe('a held registration', () => {
  test('takes new limits when it is resumed, for new clients', async (t) => {
    const { port } = await startBroker(t);
    const { granted } = await registerAgent(t, port);
    const resume = granted.key;
    const { agent, granted: again } = await registerAgent(t, port, {
      resume,
      limits: { clients: 1 },
    });
    assert.equal(again.limits.clients, 1);
    await connectTo(t, again.port);
    await agent.line('NEW');
    assert.equal(await knock(again.port), 'ECONNRESET');
  });

  test('is for its agent to park anew when it is resumed', async (t) => {
    const { broker, port } = await startBroker(t);
    const { agent, granted } = await registerAgent(t, port);
    const parked = told(broker, 'parked');
    agent.say('PARK', { reason: 'no answer' });
    await parked;
    const next = await registerAgent(t, port, { resume: granted.key });
    await connectTo(t, granted.port);
    await next.agent.line('NEW');
  });

  test('counts among the registrations, until its lease is over', async (t) => {
    const { broker, port } = await startBroker(t, { maxRegistrations: 1, lease: 1.5 });
    const { agent } = await registerAgent(t, port);
    const [held, ended] = [told(broker, 'held'), told(broker, 'ended')];
    agent.socket.destroy();
    await held;
    await assert.rejects(registerAgent(t, port), /too-many/);
    await ended;
    await registerAgent(t, port);
  });
});
