import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { AgentOptions } from 'relay-broker';
import { startBroker } from '../support/broker.ts';
import { createAuthority } from '../support/certificates.ts';
import { FakeBroker, type FakeControl, KEY } from '../support/fake-broker.ts';
import { emptyFolder } from '../support/folder.ts';
import { mutePort } from '../support/mute-port.ts';
import { runAgent } from '../support/running-agent.ts';
import { nowhere } from '../support/station.ts';
import { connectTo, outcome, serve } from '../support/tcp.ts';

/** A relay that refuses. */
async function closed(t: TestContext): Promise<string> {
  const { host, port } = await nowhere(t);
  return `${host}:${port}`;
}

/** Runs with a list that begins with the first one, whose place an agent would draw. */
function runInOrder(t: TestContext, relays: string[], options: Partial<AgentOptions> = {}) {
  t.mock.method(Math, 'random', () => 0);
  return runAgent(t, { to: relays.join(), ...options });
}

const refusing = (code: string) => (control: FakeControl) => {
  control.say('ERROR', { code, message: 'not here' });
  control.socket.end();
};

describe('an agent of several relays', () => {
  test('begins with any of them, as it is drawn', async (t) => {
    const brokers = await Promise.all([1, 2, 3].map(() => FakeBroker.start(t)));
    const to = brokers.map((broker) => broker.to).join(', ');
    const { mock } = t.mock.method(Math, 'random');
    for (const [n, broker] of brokers.entries()) {
      mock.mockImplementation(() => n / 3);
      const { agent } = runAgent(t, { to });
      await broker.agent();
      assert.equal(agent.status().relay, broker.to);
    }
    assert.deepEqual(
      brokers.map(({ controls }) => controls.length),
      [1, 1, 1],
    );
  });

  test('goes on with the next one when it loses one, soon and with its key', async (t) => {
    const [first, second] = [await FakeBroker.start(t), await FakeBroker.start(t)];
    const { agent, next } = runInOrder(t, [first.to, second.to]);
    await next('ready');
    (await first.agent()).socket.destroy();
    const [, pause, attempt, other] = await next('retrying');
    assert.ok(pause <= 100, `${pause}`);
    assert.deepEqual([attempt, other], [1, second.to]);
    const [grant] = await next('ready');
    assert.deepEqual([grant.resumed, grant.changed], [true, []]);
    assert.equal((await second.agent()).register.resume, KEY);
    assert.equal(agent.status().relay, second.to);
  });

  for (const code of [
    'shutdown',
    'too-many',
    'no-port',
    'directory-away',
    'port-taken',
    'unheard-of',
  ]) {
    test(`goes on with the next one when one refuses with ${code}`, async (t) => {
      const first = await FakeBroker.start(t, { onRegister: refusing(code) });
      const second = await FakeBroker.start(t);
      const { next } = runInOrder(t, [first.to, second.to]);
      const [error, pause] = await next('retrying');
      assert.deepEqual([error.refusal, pause <= 500], [code, true]);
      await second.agent();
    });
  }

  for (const code of ['token-refused', 'name-forbidden', 'revoked', 'ended-by-operator']) {
    test(`is in no hurry to hear ${code} from the next one`, async (t) => {
      const first = await FakeBroker.start(t, { onRegister: refusing(code) });
      const { next } = runInOrder(t, [first.to, await closed(t)]);
      const [, pause] = await next('retrying');
      assert.ok(pause >= 15_000, `${pause}`);
    });
  }

  test('is in a hurry where but one of them speaks another version, or cannot be trusted', async (t) => {
    const stranger = await FakeBroker.start(t, { tls: createAuthority().server() });
    const older = await FakeBroker.start(t, { onHello: refusing('version-unknown') });
    const gone = await closed(t);
    for (const [relay, options] of [
      [stranger.to, { tls: true }],
      [older.to, {}],
    ] as const) {
      const [, pause] = await runInOrder(t, [relay, gone], options).next('retrying');
      assert.ok(pause <= 500, `${pause}`);
      const [, alone] = await runInOrder(t, [relay], options).next('retrying');
      assert.ok(alone >= 15_000, `${alone}`);
    }
  });

  test('gives up after so many failures of whichever relay', async (t) => {
    const relays = [await closed(t), await closed(t)];
    const { over, told } = runInOrder(t, relays, { maxRetries: 2 });
    await assert.rejects(over, { code: 'E_RELAY_UNREACHABLE' });
    assert.equal(told.filter((name) => name === 'retrying').length, 2);
  });

  test('does not wait for a relay whose machine is gone, or whose process is', async (t) => {
    const silent = await FakeBroker.start(t, { onHello: () => {} });
    const gone = `127.0.0.1:${await mutePort(t)}`;
    const broker = await FakeBroker.start(t);
    const began = performance.now();
    const { next } = runInOrder(t, [gone, silent.to, broker.to]);
    const [first] = await next('retrying');
    assert.match(first.message, /Cannot reach .*no answer in time/);
    const [second] = await next('retrying');
    assert.match(second.message, /did not answer in time/);
    await next('ready');
    // Twice 2 s and the pauses; a relay that is alone gets 10 s of each.
    const took = performance.now() - began;
    assert.ok(took > 3900 && took < 10_000, `${took}`);
  });

  test('lets a relay take its time with what is asked of it, once it has answered', async (t) => {
    const slow: FakeBroker = await FakeBroker.start(t, {
      onRegister: (control) => {
        setTimeout(() => slow.answerRegister(control), 2500);
      },
    });
    const { next, told } = runInOrder(t, [slow.to, await closed(t)]);
    await next('ready');
    assert.ok(!told.includes('retrying'));
  });

  for (const options of [{}, { singlePort: true }, { spares: 1 }, { mux: true }]) {
    test(`serves by the next one, with ${JSON.stringify(options)}, when one ends`, async (t) => {
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const [first, second] = [await startBroker(t), await startBroker(t)];
      const relays = [first, second].map(({ port }) => `127.0.0.1:${port}`);
      const { next } = runInOrder(t, relays, { target: echo.port, ...options });
      await next('ready');
      const again = next('ready');
      await first.broker.close({ drain: 0 });
      const [grant] = await again;
      assert.deepEqual([grant.resumed, grant.changed.includes('lease')], [false, true]);
      const client = await connectTo(t, grant.port);
      const echoed = outcome(client);
      client.end('hello');
      assert.equal((await echoed).data.toString(), 'hello');
    });
  }
});

describe('the state file of an agent of several relays', () => {
  async function registerOf(t: TestContext, broker: FakeBroker, relays: string[], state: string) {
    const { next, agent } = runInOrder(t, relays, { state });
    const [grant] = await next('ready');
    await agent.close();
    const { register } = broker.registered.at(-1) ?? {};
    return { resume: register?.resume, changed: grant.changed };
  }

  test('is good at each of them, and as long as one is the same', async (t) => {
    const [a, b, c] = [
      await FakeBroker.start(t),
      await FakeBroker.start(t),
      await FakeBroker.start(t),
    ];
    const state = join(await emptyFolder(t), 'state.json');
    const none = { resume: undefined, changed: [] };
    const all = { resume: KEY, changed: [] };
    assert.deepEqual(await registerOf(t, a, [a.to], state), none);
    assert.deepEqual(await registerOf(t, b, [b.to, a.to], state), all);
    assert.deepEqual(await registerOf(t, c, [c.to, b.to], state), all);
    assert.deepEqual(await registerOf(t, a, [a.to], state), none);
  });

  test('tells the next agent what is not as it was', async (t) => {
    const state = join(await emptyFolder(t), 'state.json');
    const before = await FakeBroker.start(t);
    await registerOf(t, before, [before.to], state);
    const after = await FakeBroker.start(t, { registered: { port: 4001, resumed: false } });
    const { changed } = await registerOf(t, after, [after.to, before.to], state);
    assert.deepEqual(changed, ['port', 'lease']);
  });
});
