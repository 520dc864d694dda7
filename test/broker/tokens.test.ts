import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DATA_PLANES, told } from '../support/broker.ts';
import { backConnect, connectAgent, registerAgent } from '../support/extended-agent.ts';
import { startGuarded, tokenOf } from '../support/guarded-broker.ts';
import { connectTo, knock, outcome, read } from '../support/tcp.ts';

const ALICE = tokenOf('alice');
const BOB = tokenOf('bob');

// Most of it is waiting for late answers and for looks at the file.
describe('a broker with tokens', { concurrency: true }, () => {
  test('registers who has one, with the ports and limits that it gives', async (t) => {
    const rights = { token: ALICE, connections: 7, maxRegistrations: 1 };
    const { broker, port } = await startGuarded(t, { alice: rights, bob: { token: BOB } });
    const registered = told(broker, 'registered');
    const { granted } = await registerAgent(t, port, {}, { token: ALICE });
    assert.equal((await registered)[0].token, 'alice');
    assert.equal(granted.limits.clients, 7);
    await assert.rejects(registerAgent(t, port, {}, { token: ALICE }), /too-many/);
    await registerAgent(t, port, {}, { token: BOB });
  });

  test('refuses a wrong token late, and reports it without a secret', async (t) => {
    const { broker, port } = await startGuarded(t, { alice: { token: ALICE } });
    const everything: unknown[] = [];
    for (const event of ['authenticationFailed', 'refused', 'registered'] as const) {
      broker.on(event, (...details: unknown[]) => everything.push(event, ...details));
    }
    for (const token of [tokenOf('alice'), tokenOf('mallory')]) {
      const before = performance.now();
      await assert.rejects(registerAgent(t, port, {}, { token }), /token-refused/);
      assert.ok(performance.now() - before >= 999);
    }
    assert.deepEqual(everything, [
      ...['authenticationFailed', '127.0.0.1', 'alice', 1],
      ...['authenticationFailed', '127.0.0.1', 'mallory', 2],
    ]);
  });

  test('lets nobody in who has none, but the registrants of the basic protocol that it is told to', async (t) => {
    const { broker, port } = await startGuarded(
      t,
      { alice: { token: ALICE } },
      { allowBasic: '127.0.0.2' },
    );
    await assert.rejects(registerAgent(t, port), /token-required/);
    const { data } = await outcome(await connectTo(t, port));
    assert.match(String(data), /^\[ERROR\] \{"code":"basic-refused"/);
    const registered = told(broker, 'registered');
    await connectTo(t, port, { localAddress: '127.0.0.2' });
    assert.equal((await registered)[0].protocol, 'basic');
  });

  test('does not let a recorded handshake in again', async (t) => {
    const { port } = await startGuarded(t, { alice: { token: ALICE } });
    const honest = await connectAgent(t, port, { token: ALICE });
    const sent: string[] = [];
    const { write } = honest.socket;
    honest.socket.write = ((text: string) => {
      sent.push(text);
      return write.call(honest.socket, text);
    }) as typeof write;
    await honest.register();
    assert.ok(
      !sent.join('').includes(ALICE.slice('alice.'.length)),
      'the secret is not on the wire',
    );

    const replayed = await connectAgent(t, port);
    for (const text of sent) replayed.socket.write(text);
    assert.equal((await replayed.line('ERROR')).code, 'token-refused');
  });

  test('gives a registration back to the same token only', async (t) => {
    const { port } = await startGuarded(t, { alice: { token: ALICE }, bob: { token: BOB } });
    const { granted } = await registerAgent(t, port, {}, { token: ALICE });
    const resume = granted.key;
    const thief = await registerAgent(t, port, { resume }, { token: BOB });
    assert.equal(thief.granted.resumed, false);
    assert.notEqual(thief.granted.port, granted.port);
    const owner = await registerAgent(t, port, { resume }, { token: ALICE });
    assert.equal(owner.granted.resumed, true);
  });

  test('says to who has it that a token has expired', async (t) => {
    const expires = new Date(Date.now() - 1000).toISOString();
    const { port } = await startGuarded(t, { alice: { token: ALICE, expires } });
    await assert.rejects(registerAgent(t, port, {}, { token: ALICE }), /token-expired/);
  });
});

for (const dataPlane of DATA_PLANES) {
  describe(`a token that is withdrawn (${dataPlane})`, { concurrency: true }, () => {
    for (const cutConnections of [false, true]) {
      const connections = cutConnections ? 'with' : 'but not';
      test(`ends its registrations, live and held, ${connections} their connections`, async (t) => {
        const rights = { token: ALICE, cutConnections };
        const { broker, port, replace } = await startGuarded(
          t,
          { alice: rights, bob: { token: BOB } },
          { dataPlane },
        );
        const live = await registerAgent(t, port, {}, { token: ALICE });
        const left = await registerAgent(t, port, {}, { token: ALICE });
        const other = await registerAgent(t, port, {}, { token: BOB });
        const held = told(broker, 'held');
        left.agent.socket.destroy();
        await held;
        const { registration, backConnectPort } = live.granted;
        const client = await connectTo(t, live.granted.port);
        const { ticket } = await live.agent.line('NEW');
        const server = await backConnect(t, backConnectPort, {
          word: 'TICKET',
          registration,
          ticket,
        });
        client.write('x');
        await read(server, 1);
        const seen = outcome(client);

        const endings: string[] = [];
        const bothEnded = new Promise<void>((resolve) => {
          broker.on('ended', (_, ending) => {
            endings.push(ending);
            if (endings.length === 2) resolve();
          });
        });
        await replace({ bob: { token: BOB } });
        assert.equal((await live.agent.line('ERROR')).code, 'revoked');
        await bothEnded;
        assert.deepEqual(endings, ['revoked', 'revoked']);
        for (const each of [live, left])
          assert.equal(await knock(each.granted.port), 'ECONNREFUSED');
        if (!cutConnections) server.end('to the end');
        const { data, ending } = await seen;
        assert.deepEqual(
          [String(data), ending],
          cutConnections ? ['', 'ECONNRESET'] : ['to the end', 'eof'],
        );
        await connectTo(t, other.granted.port);
        await other.agent.line('NEW');
      });
    }
  });
}
