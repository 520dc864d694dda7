import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { Broker } from '#src/broker/broker.ts';
import { startBroker, told } from '../support/broker.ts';
import {
  type Body,
  backConnect,
  connectAgent,
  type ExtendedAgent,
  registerAgent,
} from '../support/extended-agent.ts';
import { connectTo, outcome, say } from '../support/tcp.ts';

/** A connection that is left to itself; gone when the test ends. */
async function stand(t: TestContext, port: number, localAddress: string): Promise<Socket> {
  const socket = await connectTo(t, port, { localAddress });
  socket.resume();
  return socket;
}

/** Has a client served, as a sign that all is well. */
async function serveOne(
  t: TestContext,
  { agent, granted }: { agent: ExtendedAgent; granted: Body },
  nth = 1,
) {
  const client = await connectTo(t, granted.port);
  const { ticket } = await agent.line('NEW', nth);
  const { registration, backConnectPort } = granted;
  const server = await backConnect(t, backConnectPort, { word: 'TICKET', registration, ticket });
  server.end('served');
  assert.equal(String((await outcome(client)).data), 'served');
}

/** Counts why connections are sent away. */
function refusals(broker: Broker): Map<string, number> {
  const counts = new Map<string, number>();
  broker.on('refused', (_, cause) => counts.set(cause, (counts.get(cause) ?? 0) + 1));
  return counts;
}

describe('the control port', () => {
  test('lets a good agent in while slow ones fill the door, from one address and from many', async (t) => {
    const { broker, port } = await startBroker(t, { helloWait: 60_000, heartbeat: 60 });
    const counts = refusals(broker);
    const own = await Promise.all(Array.from({ length: 200 }, () => stand(t, port, '127.0.0.1')));
    for (const socket of own) socket.write('[HELLO] {"ver');
    await serveOne(t, await registerAgent(t, port));

    for (let host = 2; host <= 10; host += 1) {
      const address = `127.0.0.${host}`;
      const slow = await Promise.all(Array.from({ length: 128 }, () => stand(t, port, address)));
      for (const socket of slow) socket.write('[');
    }
    await serveOne(t, await registerAgent(t, port));
    assert.ok(
      (counts.get('pushed-out') ?? 0) >= 200 - 128,
      `${counts.get('pushed-out')} pushed out`,
    );
  });

  test('is not impressed by a line without end', async (t) => {
    const { broker, port } = await startBroker(t);
    const agent = await registerAgent(t, port);
    const refused = told(broker, 'refused');
    const endless = await stand(t, port, '127.0.0.1');
    endless.write(`[HELLO] {"version":1,"nonce":"${'x'.repeat(1024 * 1024)}`);
    assert.equal((await refused)[1], 'line-too-long');
    await serveOne(t, agent);
  });

  test('survives 10,000 random beginnings, and serves its agent all the while', async (t) => {
    const { port } = await startBroker(t, { heartbeat: 60 });
    const agent = await registerAgent(t, port);
    let served = 0;
    for (let round = 0; round < 100; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => say(port, beginning())));
      if (round % 10 === 0) {
        served += 1;
        await serveOne(t, agent, served);
      }
    }
    await serveOne(t, await registerAgent(t, port));
  });
});

describe('an agent that misbehaves', () => {
  test('is answered each unknown word, and held for a flood of them', async (t) => {
    const { broker, port } = await startBroker(t);
    const { agent, granted } = await registerAgent(t, port);
    for (let n = 1; n <= 200; n += 1) {
      agent.say('NEWS', { n });
      agent.say('PING');
    }
    await agent.line('ERROR', 200);
    const held = told(broker, 'held');
    for (let n = 0; n < 1000; n += 1) agent.say('NEWS', { n });
    assert.equal((await held)[1], 'bad-message');
    assert.equal((await registerAgent(t, port, { resume: granted.key })).granted.resumed, true);
  });

  for (const [line, code] of [
    ['no message at all', 'bad-message'],
    ['[FAILED] {"ticket":"short","reason":"refused"}', 'bad-message'],
    ['[PARK] {}', 'bad-message'],
    ['[REGISTER] {}', 'out-of-order'],
    ['[HELLO] {"version":1,"nonce":"0123456789abcdef"}', 'out-of-order'],
    [`[PARK] {"reason":"${'x'.repeat(5000)}"}`, 'line-too-long'],
  ] as const) {
    test(`is told ${code} for ${line.slice(0, 30)}, and its registration is held`, async (t) => {
      const { broker, port } = await startBroker(t);
      const { agent, granted } = await registerAgent(t, port);
      const held = told(broker, 'held');
      agent.socket.write(`${line}\n`);
      assert.equal((await agent.line('ERROR')).code, code);
      assert.equal((await held)[1], code);
      assert.equal(await agent.ended, 'eof');
      const again = await registerAgent(t, port, { resume: granted.key });
      assert.equal(again.granted.resumed, true);
    });
  }

  test('may fail tickets that it never got, and changes nothing by it', async (t) => {
    const { port } = await startBroker(t);
    const registered = await registerAgent(t, port);
    for (let n = 0; n < 1000; n += 1) {
      registered.agent.say('FAILED', {
        ticket: randomBytes(16).toString('base64url'),
        reason: 'other',
      });
    }
    await serveOne(t, registered);
  });

  test('that leaves in the middle of its registration leaves nothing behind', async (t) => {
    const { broker, port } = await startBroker(t, { lease: 0.1 });
    const ports = new Set<number>();
    broker.on('registered', ({ clientPort }) => ports.add(clientPort));
    broker.on('ended', ({ clientPort }) => ports.delete(clientPort));
    for (let n = 0; n < 20; n += 1) {
      const agent = await connectAgent(t, port);
      await agent.hello();
      agent.say('REGISTER');
      agent.socket.resetAndDestroy();
    }
    const { granted } = await registerAgent(t, port);
    while (ports.size > 1) await told(broker, 'ended');
    assert.deepEqual([...ports], [granted.port]);
  });
});

/** Bytes that nobody has thought of, or that are almost right. */
function beginning(): Buffer {
  const random = randomBytes(randomInt(1, 200));
  const word =
    ['[HELLO] ', '[TICKET] ', '[SPARE] ', '[', '\x16\x03\x01', '\x00', ''][randomInt(7)] ?? '';
  return Buffer.concat([
    Buffer.from(word, 'latin1'),
    random,
    Buffer.from(['', '\n'][randomInt(2)] ?? ''),
  ]);
}
