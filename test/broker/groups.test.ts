import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Broker } from '#src/broker/broker.ts';
import type { BrokerOptions } from '#src/options/broker-options.ts';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import {
  type AgentSettings,
  type Body,
  backConnect,
  type ExtendedAgent,
  registerAgent,
} from '../support/extended-agent.ts';
import { emptyFolder } from '../support/folder.ts';
import { startGuarded, tokenOf } from '../support/guarded-broker.ts';
import { ask, greeted } from '../support/names-peers.ts';
import { connectTo, freePorts, knock, outcome, read } from '../support/tcp.ts';
import { connectSecurely } from '../support/tls.ts';
import { tlsFiles } from '../support/tls-files.ts';

const ALICE = tokenOf('alice');
const BOB = tokenOf('bob');

const TOKENS = {
  alice: { token: ALICE, group: true, names: ['web'] },
  bob: { token: BOB, group: true, names: ['web'] },
  carol: { token: tokenOf('carol'), names: ['web'] },
};

interface Member {
  agent: ExtendedAgent;
  granted: Body;
}

/** A broker, and members of a group that share a client port. */
async function startGroup(
  t: TestContext,
  count: number,
  options: Partial<BrokerOptions> = {},
  settings: AgentSettings = {},
) {
  const [shared, guarded] = [await freePorts(1), await startGuarded(t, TOKENS, options)];
  const join = (request: object = {}) =>
    registerAgent(
      t,
      guarded.port,
      { group: true, port: shared, ...request },
      { token: ALICE, ...settings },
    );
  const members: Member[] = [];
  for (let n = 0; n < count; n += 1) members.push(await join());
  return { ...guarded, shared, join, members };
}

/** Cuts a member's control connection. */
async function lose(broker: Broker, { agent }: Member): Promise<void> {
  const held = told(broker, 'held');
  agent.socket.destroy();
  await held;
}

/** Has a member fetch its `nth` client. */
async function fetched(
  t: TestContext,
  { agent, granted }: Member,
  nth = 1,
  settings: AgentSettings = {},
): Promise<Socket> {
  const { ticket } = await agent.line('NEW', nth);
  const { registration, backConnectPort } = granted;
  return backConnect(t, backConnectPort, { word: 'TICKET', registration, ticket }, settings);
}

for (const dataPlane of DATA_PLANES) {
  describe(`the port of a group (${dataPlane})`, () => {
    test('gives its clients to the members in turn', async (t) => {
      const { shared, members } = await startGroup(t, 3, { dataPlane });
      assert.equal(new Set(members.map(({ granted }) => granted.backConnectPort)).size, 3);
      for (let n = 0; n < 6; n += 1) {
        const member = members[n % 3];
        assert.ok(member);
        assert.equal(member.granted.port, shared);
        const client = await connectTo(t, shared);
        client.end(`question ${n}`);
        const server = await fetched(t, member, 1 + Math.floor(n / 3));
        const [question, answer] = [outcome(server), outcome(client)];
        assert.equal(String((await question).data), `question ${n}`);
        server.end(`answer ${n}`);
        assert.deepEqual(await answer, { data: Buffer.from(`answer ${n}`), ending: 'eof' });
      }
    });

    test('passes over members that are away or whose service is down', async (t) => {
      const { broker, shared, members } = await startGroup(t, 3, { dataPlane });
      const [away, down, here] = members;
      assert.ok(away && down && here);
      await lose(broker, away);
      const parked = told(broker, 'parked');
      down.agent.say('PARK', { reason: 'no answer' });
      await parked;
      for (let n = 1; n <= 3; n += 1) {
        await connectTo(t, shared);
        await here.agent.line('NEW', n);
      }
      const unparked = told(broker, 'unparked');
      down.agent.say('UNPARK');
      await unparked;
      for (let n = 1; n <= 2; n += 1) await connectTo(t, shared);
      await down.agent.line('NEW');
      await here.agent.line('NEW', 4);
    });

    test('has clients wait for the member whose turn it is when all are away', async (t) => {
      const { broker, port, shared, members } = await startGroup(t, 2, { dataPlane });
      for (const member of members) await lose(broker, member);
      const clients: Socket[] = [];
      for (const _ of members) {
        const waiting = told(broker, 'clientWaiting');
        clients.push(await connectTo(t, shared));
        await waiting;
      }
      for (const [n, { granted }] of members.entries()) {
        const back = await registerAgent(t, port, { resume: granted.key }, { token: ALICE });
        assert.deepEqual([back.granted.resumed, back.granted.port], [true, shared]);
        (await fetched(t, back)).end(`for ${n}`);
        const client = clients[n];
        assert.ok(client);
        assert.equal(String((await outcome(client)).data), `for ${n}`);
      }
    });

    test('is found by its name as well, as long as somebody is there', async (t) => {
      const doors = await freePorts(2);
      const names = `${doors}:${doors + 1}`;
      const { broker, join } = await startGroup(t, 0, { dataPlane, names });
      const members = [await join({ name: 'web' }), await join({ name: 'web' })];
      for (let n = 0; n < 4; n += 1) {
        const member = members[n % 2];
        assert.ok(member);
        const client = await greeted(t, doors + 1, 'CLIENT');
        client.end(`web\nquestion ${n}`);
        const server = await fetched(t, member, 1 + Math.floor(n / 2));
        const [question, answer] = [outcome(server), outcome(client)];
        assert.equal(String((await question).data), `question ${n}`);
        server.end(`answer ${n}`);
        assert.equal(String((await answer).data), `CONNECTED\nanswer ${n}`);
      }
      const [first, second] = members;
      assert.ok(first && second);
      await lose(broker, first);
      const client = await greeted(t, doors + 1, 'CLIENT');
      client.write('web\n');
      await second.agent.line('NEW', 3);
      await lose(broker, second);
      assert.equal(await ask(t, doors + 1, 'web'), 'OFFLINE\n');
      assert.equal(await ask(t, doors + 1, 'wiki'), 'NOEXIST\n');
    });

    test('sends new clients to the others when one leaves, whose connections run on', async (t) => {
      const { shared, members } = await startGroup(t, 2, { dataPlane });
      const [leaving, staying] = members;
      assert.ok(leaving && staying);
      const client = await connectTo(t, shared);
      const server = await fetched(t, leaving);
      client.write('x');
      await read(server, 1);
      leaving.agent.say('BYE');
      await leaving.agent.ended;
      for (let n = 1; n <= 3; n += 1) {
        await connectTo(t, shared);
        await staying.agent.line('NEW', n);
      }
      const answer = outcome(client);
      server.end('to the end');
      assert.equal(String((await answer).data), 'to the end');
      staying.agent.say('BYE');
      await staying.agent.ended;
      assert.equal(await knock(shared), 'ECONNREFUSED');
    });

    test('holds each member to its own limits', async (t) => {
      const { broker, shared, join } = await startGroup(t, 0, { dataPlane });
      const narrow = await join({ limits: { clients: 1 } });
      const wide = await join();
      await connectTo(t, shared);
      await narrow.agent.line('NEW');
      await connectTo(t, shared);
      await wide.agent.line('NEW');
      const refused = told(broker, 'clientRefused');
      assert.equal(await knock(shared), 'ECONNRESET');
      const [{ id }, cause] = await refused;
      assert.deepEqual([id, cause], [narrow.granted.registration, 'limit']);
      await connectTo(t, shared);
      await wide.agent.line('NEW', 2);
    });

    test('is opened again, as one, by a broker that is started again', async (t) => {
      const state = join(await emptyFolder(t), 'state');
      const first = await startGroup(t, 3, { dataPlane, state });
      await first.broker.close();
      const { broker, port } = await startGuarded(t, TOKENS, { dataPlane, state });
      const { shared } = first;
      const back: Member[] = [];
      for (const { granted } of first.members) {
        const member = await registerAgent(t, port, { resume: granted.key }, { token: ALICE });
        assert.deepEqual([member.granted.resumed, member.granted.port], [true, shared]);
        back.push(member);
      }
      back.push(await registerAgent(t, port, { group: true, port: shared }, { token: ALICE }));
      for (const _ of back) await connectTo(t, shared);
      for (const { agent } of back) await agent.line('NEW');
      await broker.close({ drain: 0 });
      assert.equal(await knock(shared), 'ECONNREFUSED');
    });
  });
}

describe('a group', () => {
  test('is of one token only, and of those who say so', async (t) => {
    const { port, shared, join } = await startGroup(t, 0);
    const name = 'web';
    const member = await join({ name });
    const others = [
      [BOB, { group: true, port: shared }, /port-taken/],
      [BOB, { group: true, name }, /name-taken/],
      [ALICE, { port: shared }, /port-taken/],
      [ALICE, { name }, /name-taken/],
      [TOKENS.carol.token, { group: true, port: shared }, /group-forbidden/],
    ] as const;
    for (const [token, request, refusal] of others) {
      await assert.rejects(registerAgent(t, port, request, { token }), refusal);
    }
    assert.equal((await join({ name })).granted.port, shared);
    assert.notEqual((await join({ name, port: undefined })).granted.port, shared);
    assert.equal(member.agent.lines.length, 2);
  });

  test('does not form around what somebody has for himself', async (t) => {
    const { port, shared, join } = await startGroup(t, 0);
    const alone = { name: 'web', port: shared };
    await registerAgent(t, port, alone, { token: ALICE });
    await assert.rejects(join(), /port-taken/);
    await assert.rejects(join({ name: 'web', port: undefined }), /name-taken/);
  });

  test('takes tokens, and something to share', async (t) => {
    const open = await startBroker(t);
    await assert.rejects(
      registerAgent(t, open.port, { group: true, name: 'web' }),
      /group-forbidden/,
    );
    const { join } = await startGroup(t, 0);
    await assert.rejects(join({ port: undefined }), /bad-message/);
    await assert.rejects(join({ port: undefined, ports: '4000-4010' }), /bad-message/);
  });

  test('has the ports that its token may have, and no more members', async (t) => {
    const from = await freePorts(2);
    const alice = { token: ALICE, group: true, ports: [`${from}`], maxRegistrations: 2 };
    const { port } = await startGuarded(t, { alice });
    const join = (wanted: number) =>
      registerAgent(t, port, { group: true, port: wanted }, { token: ALICE });
    await assert.rejects(join(from + 1), /port-forbidden/);
    const [first] = await Promise.all([join(from), join(from)]);
    await assert.rejects(join(from), /too-many/);
    first.agent.say('BYE');
    await first.agent.ended;
    await join(from);
  });

  test('that is revoked leaves its name and its port', async (t) => {
    const { broker, replace, join, port, shared } = await startGroup(t, 0);
    await Promise.all([join({ name: 'web' }), join({ name: 'web' })]);
    const { bob } = TOKENS;
    const revoked = new Promise<void>((resolve) => {
      let ended = 0;
      broker.on('ended', () => {
        ended += 1;
        if (ended === 2) resolve();
      });
    });
    await replace({ bob });
    await revoked;
    const alone = { name: 'web', port: shared };
    await registerAgent(t, port, alone, { token: BOB });
  });

  test('whose members come and go at once leaves nothing open', async (t) => {
    const { join, shared } = await startGroup(t, 0);
    for (let round = 0; round < 5; round += 1) {
      const members = await Promise.all([join(), join(), join()]);
      for (const { agent } of members) agent.say('BYE');
      await Promise.all(members.map(({ agent }) => agent.ended));
      assert.equal(await knock(shared), 'ECONNREFUSED');
    }
  });

  test('has its clients encrypted where those are', async (t) => {
    const { cert: tlsCert, key: tlsKey, authority } = await tlsFiles(t);
    const tls = { ca: authority.cert };
    const options = { tlsCert, tlsKey, clientTls: true };
    const { shared, members } = await startGroup(t, 2, options, { tls });
    for (const [n, member] of members.entries()) {
      const client = await connectSecurely(t, shared, tls);
      const server = await fetched(t, member, 1, { tls });
      const answer = outcome(client);
      server.end(`answer ${n}`);
      assert.deepEqual(await answer, { data: Buffer.from(`answer ${n}`), ending: 'eof' });
    }
  });
});
