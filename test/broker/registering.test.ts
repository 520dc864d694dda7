import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import {
  backConnect,
  connectAgent,
  firstOfSpare,
  registerAgent,
} from '../support/extended-agent.ts';
import { connectTo, freePorts, knock, outcome, read, serve } from '../support/tcp.ts';

test('an agent that says hello after the hello window is told so, rather than nothing', async (t) => {
  const { broker, port } = await startBroker(t, { helloWait: 0 });
  const [registered, ended] = [told(broker, 'registered'), told(broker, 'ended')];
  const agent = await connectAgent(t, port);
  const [{ protocol }] = await registered;
  assert.equal(protocol, 'basic');
  agent.say('HELLO', { version: 1, nonce: agent.nonce });
  assert.equal((await agent.line('ERROR')).code, 'hello-timeout');
  assert.equal(await agent.ended, 'eof');
  assert.equal((await ended)[1], 'junk');
});

for (const dataPlane of DATA_PLANES) {
  describe(`an agent of the extended protocol (${dataPlane})`, () => {
    test('learns its public address, and of each client where it comes from', async (t) => {
      const { port } = await startBroker(t, { dataPlane, advertise: 'relay.example.net' });
      const { agent, granted } = await registerAgent(t, port);
      assert.equal(granted.host, 'relay.example.net');
      assert.deepEqual(
        [granted.resumed, granted.lease, granted.heartbeat, granted.deadline],
        [false, 60, 5, 15],
      );
      const client = await connectTo(t, granted.port);
      const { ticket, client: from } = await agent.line('NEW');
      assert.deepEqual(from, { address: '127.0.0.1', port: client.localPort });

      const { registration } = granted;
      const server = await backConnect(t, granted.backConnectPort, {
        word: 'TICKET',
        registration,
        ticket,
      });
      const question = outcome(server);
      const answer = outcome(client);
      client.end('question');
      assert.equal(String((await question).data), 'question');
      server.end('answer');
      assert.deepEqual(await answer, { data: Buffer.from('answer'), ending: 'eof' });
    });

    test('is sent [REGISTERED] before the first [NEW]', async (t) => {
      const [free] = [await freePorts(1)];
      const { port } = await startBroker(t, { dataPlane });
      const agent = await connectAgent(t, port);
      const arrived: Promise<unknown>[] = [];
      const knocking = setInterval(() => arrived.push(knock(free)), 1);
      t.after(() => clearInterval(knocking));
      await agent.register({ port: free });
      await agent.line('NEW');
      assert.deepEqual(
        agent.lines.slice(0, 3).map(({ word }) => word),
        ['CHALLENGE', 'REGISTERED', 'NEW'],
      );
    });

    test('holds its clients to what it asks for', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane, maxClients: 5 });
      const limits = { clients: 2, deny: ['127.0.0.2'] };
      const { agent, granted } = await registerAgent(t, port, { limits });
      assert.equal(granted.limits.clients, 2);
      for (let n = 1; n <= 2; n += 1) {
        await connectTo(t, granted.port);
        await agent.line('NEW', n);
      }
      const over = told(broker, 'clientRefused');
      assert.equal(await knock(granted.port), 'ECONNRESET');
      assert.equal((await over)[1], 'limit');
      const denied = told(broker, 'clientRefused');
      assert.equal(await knock(granted.port, '127.0.0.1', '127.0.0.2'), 'ECONNRESET');
      assert.equal((await denied)[1], 'denied');
      const greedy = await registerAgent(t, port, { limits: { clients: 100 } });
      assert.equal(greedy.granted.limits.clients, 5, 'the stricter one counts');
    });

    test('has a client reset that it cannot serve, with the reason counted', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const seen = outcome(await connectTo(t, granted.port));
      const failed = told(broker, 'targetFailed');
      const ended = told(broker, 'clientEnded');
      agent.say('FAILED', { ticket: (await agent.line('NEW')).ticket, reason: 'refused' });
      assert.deepEqual((await failed).slice(1), ['refused', 1]);
      assert.equal((await ended)[1].ending, 'target-failed');
      assert.equal((await seen).ending, 'ECONNRESET');
    });

    test('has clients refused while its service is down, and let in when it is back', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const waiting = outcome(await connectTo(t, granted.port));
      await agent.line('NEW');
      const parked = told(broker, 'parked');
      agent.say('PARK', { reason: 'no answer' });
      assert.equal((await parked)[1], 'no answer');
      assert.equal((await waiting).ending, 'ECONNRESET');
      const refused = told(broker, 'clientRefused');
      assert.equal(await knock(granted.port), 'ECONNRESET');
      assert.equal((await refused)[1], 'parked');
      const unparked = told(broker, 'unparked');
      agent.say('UNPARK');
      await unparked;
      await connectTo(t, granted.port);
      await agent.line('NEW', 2);
    });

    test('ends its registration by saying so, while its connections run on', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const { registration } = granted;
      const client = await connectTo(t, granted.port);
      const { ticket } = await agent.line('NEW');
      const server = await backConnect(t, granted.backConnectPort, {
        word: 'TICKET',
        registration,
        ticket,
      });
      client.write('x');
      await read(server, 1);
      const ended = told(broker, 'ended');
      agent.say('BYE');
      assert.equal((await ended)[1], 'bye');
      assert.equal(await agent.ended, 'eof');
      assert.equal(await knock(granted.port), 'ECONNREFUSED');
      server.pipe(server);
      client.end('still there');
      assert.equal(String((await outcome(client)).data), 'xstill there'.slice(1));
    });

    test('is joined with clients in advance, by a spare', async (t) => {
      const { agent, granted } = await registerAgent(t, (await startBroker(t, { dataPlane })).port);
      const { registration, spareTicket: ticket } = granted;
      const line = { word: 'SPARE', registration, ticket } as const;
      const spare = await backConnect(t, granted.backConnectPort, line);
      const { client, line: taken } = await firstOfSpare(t, { agent, granted }, spare);
      const port = client.localPort;
      assert.match(
        taken,
        new RegExp(`^\\[TAKEN\\] .*"client":\\{"address":"127.0.0.1","port":${port}\\}`),
      );
    });
  });
}

describe('the port of an agent', () => {
  test('is the one that it asks for', async (t) => {
    const from = await freePorts(2);
    const { port } = await startBroker(t);
    assert.equal((await registerAgent(t, port, { port: from })).granted.port, from);
    await assert.rejects(registerAgent(t, port, { port: from }), /port-taken/);
    await serve(t, () => {}, { host: '127.0.0.1', port: from + 1 });
    await assert.rejects(registerAgent(t, port, { port: from + 1 }), /port-taken/);
  });

  test('is free again once the broker has answered its goodbye', async (t) => {
    const wanted = await freePorts(1);
    const { port } = await startBroker(t);
    for (let n = 0; n < 20; n += 1) {
      const { agent } = await registerAgent(t, port, { port: wanted });
      agent.say('BYE');
      await agent.ended;
    }
  });

  test('is one of the range that it asks for, as long as one is free', async (t) => {
    const from = await freePorts(2);
    const { port } = await startBroker(t);
    const ports = `${from}-${from + 1}`;
    const got = [
      (await registerAgent(t, port, { ports })).granted.port,
      (await registerAgent(t, port, { ports })).granted.port,
    ];
    assert.deepEqual(got, [from, from + 1]);
    await assert.rejects(registerAgent(t, port, { ports }), /port-taken/);
    await assert.rejects(registerAgent(t, port, { ports: 'all' }), /bad-message/);
  });

  test('is the preferred one if that is free, and else another', async (t) => {
    const preferredPort = await freePorts(1);
    const { port } = await startBroker(t);
    const first = await registerAgent(t, port, { preferredPort });
    assert.equal(first.granted.port, preferredPort);
    const second = await registerAgent(t, port, { preferredPort });
    assert.notEqual(second.granted.port, preferredPort);
  });

  test('is none of those that the configuration does not give out', async (t) => {
    const from = await freePorts(2);
    const narrow = await startBroker(t, { ports: `${from}-${from}` });
    await assert.rejects(registerAgent(t, narrow.port, { port: from + 1 }), /port-forbidden/);
    assert.equal((await registerAgent(t, narrow.port)).granted.port, from);
    await assert.rejects(registerAgent(t, narrow.port), /no-port/);
    const wide = await startBroker(t);
    await assert.rejects(registerAgent(t, wide.port, { port: 1023 }), /port-forbidden/);
  });

  test('is not shared between the protocols', async (t) => {
    const from = await freePorts(2);
    const { broker, port } = await startBroker(t, { ports: `${from}-${from + 1}` });
    await registerAgent(t, port);
    const registered = told(broker, 'registered');
    await connectTo(t, port);
    assert.equal((await registered)[0].clientPort, from + 1);
  });
});

describe('what an agent asks for in vain', () => {
  test('is told with a code, and the broker closes behind it', async (t) => {
    const { broker, port } = await startBroker(t);
    const refused = told(broker, 'refused');
    const agent = await connectAgent(t, port);
    await assert.rejects(agent.register({ limits: { allow: ['anywhere'] } }), /limit-refused/);
    assert.equal(await agent.ended, 'eof');
    assert.equal((await refused)[1], 'limit-refused');
  });

  test('leaves no place taken', async (t) => {
    const { port } = await startBroker(t, { maxRegistrations: 1 });
    await assert.rejects(registerAgent(t, port, { port: 1 }), /port-forbidden/);
    const { agent } = await registerAgent(t, port);
    await assert.rejects(registerAgent(t, port), /too-many/);
    agent.say('BYE');
    await agent.ended;
    await registerAgent(t, port);
  });
});
