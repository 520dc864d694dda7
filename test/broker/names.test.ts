import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startBroker, told } from '../support/broker.ts';
import { connectAgent, registerAgent } from '../support/extended-agent.ts';
import { emptyFolder } from '../support/folder.ts';
import { startGuarded, tokenOf } from '../support/guarded-broker.ts';
import { freePorts } from '../support/tcp.ts';

const ALICE = tokenOf('alice');
const BOB = tokenOf('bob');

const name = 'blog';

describe('a name', () => {
  test('is told to the agent that has it, and to nobody who did not ask', async (t) => {
    const { broker, port } = await startBroker(t);
    const registered = told(broker, 'registered');
    assert.equal((await registerAgent(t, port, { name })).granted.name, name);
    assert.equal((await registered)[0].name, name);
    assert.equal((await registerAgent(t, port)).granted.name, undefined);
  });

  test('is a host where the broker has a domain', async (t) => {
    const { port } = await startBroker(t, { httpNames: 0, domain: 'example.net' });
    assert.equal((await registerAgent(t, port, { name })).granted.hostName, 'blog.example.net');
    assert.equal((await registerAgent(t, port)).granted.hostName, undefined);
  });

  test('is kept from others, while its agent is away as well, until the registration ends', async (t) => {
    const { broker, port } = await startBroker(t);
    const { agent, granted } = await registerAgent(t, port, { name });
    const refused = told(broker, 'refused');
    await assert.rejects(registerAgent(t, port, { name }), /name-taken/);
    assert.deepEqual((await refused).slice(1), ['name-taken', name]);
    const held = told(broker, 'held');
    agent.socket.destroy();
    await held;
    await assert.rejects(registerAgent(t, port, { name }), /name-taken/);

    const next = await connectAgent(t, port);
    const { name: resumed } = await next.register({ resume: granted.key, name: 'other' });
    assert.equal(resumed, name, 'what a registration is called stays as it was');
    next.say('BYE');
    await next.ended;
    await registerAgent(t, port, { name });
    await registerAgent(t, port, { name: 'other' });
  });

  test('is free again when its lease is over, or its token withdrawn', async (t) => {
    const names = [name];
    const alice = { token: ALICE, names };
    const bob = { token: BOB, names };
    const { broker, port, replace } = await startGuarded(t, { alice, bob }, { lease: 0.05 });
    const lost = await registerAgent(t, port, { name }, { token: ALICE });
    const over = told(broker, 'ended');
    lost.agent.socket.destroy();
    assert.equal((await over)[1], 'lease-over');
    await registerAgent(t, port, { name }, { token: ALICE });
    const revoked = told(broker, 'ended');
    await replace({ bob });
    assert.equal((await revoked)[1], 'revoked');
    await registerAgent(t, port, { name }, { token: BOB });
  });

  test('is not taken by who is refused for something else', async (t) => {
    const { port } = await startBroker(t, { maxRegistrations: 2 });
    const wanted = await freePorts(1);
    const { agent } = await registerAgent(t, port, { port: wanted });
    await assert.rejects(registerAgent(t, port, { name, port: wanted }), /port-taken/);
    await registerAgent(t, port);
    await assert.rejects(registerAgent(t, port, { name }), /too-many/);
    agent.say('BYE');
    await agent.ended;
    await registerAgent(t, port, { name });
  });

  test('goes to one of those who ask for it at the same time', async (t) => {
    const { port } = await startBroker(t);
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => registerAgent(t, port, { name })),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  test('takes a token that entitles to it, where tokens are asked for', async (t) => {
    const { port } = await startGuarded(t, {
      alice: { token: ALICE, names: ['shop', '*'] },
      bob: { token: BOB, names: ['shop'] },
    });
    await assert.rejects(registerAgent(t, port, { name }, { token: BOB }), /name-forbidden/);
    await registerAgent(t, port, { name }, { token: ALICE });
    await registerAgent(t, port, { name: 'shop' }, { token: BOB });
  });

  test('has to be one that a host can have', async (t) => {
    const { port } = await startBroker(t);
    for (const wrong of ['', 'Blog', '-blog', 'a.b', 'x'.repeat(64), 'x\u0000', 5]) {
      await assert.rejects(registerAgent(t, port, { name: wrong }), /bad-message/, `${wrong}`);
    }
  });

  test('outlives the broker in its state file, as far as the token still entitles to it', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const first = await startGuarded(t, { alice: { token: ALICE, names: ['*'] } }, { state });
    const registered = ['blog', 'shop'].map((each) =>
      registerAgent(t, first.port, { name: each }, { token: ALICE }),
    );
    const [blog, shop] = await Promise.all(registered);
    assert.ok(blog && shop);
    await first.broker.close();

    const tokens = { alice: { token: ALICE, names: ['blog'] }, bob: { token: BOB, names: ['*'] } };
    const { port } = await startGuarded(t, tokens, { state });
    await assert.rejects(registerAgent(t, port, { name: 'blog' }, { token: BOB }), /name-taken/);
    await registerAgent(t, port, { name: 'shop' }, { token: BOB });
    const settings = { token: ALICE };
    const again = await registerAgent(t, port, { resume: blog.granted.key }, settings);
    assert.deepEqual([again.granted.resumed, again.granted.name], [true, 'blog']);
    const lost = await registerAgent(t, port, { resume: shop.granted.key }, settings);
    assert.equal(lost.granted.resumed, false);
  });
});
