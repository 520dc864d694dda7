import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { RelayError } from 'relay-broker';
import { ControlConnection } from '#src/agent/link/control-connection.ts';
import { shakeHands } from '#src/agent/link/handshake.ts';
import { drawSecret, FakeBroker, type FakeControl } from '../../support/fake-broker.ts';
import { emptyFolder } from '../../support/folder.ts';
import { runAgent } from '../../support/running-agent.ts';
import { serve } from '../../support/tcp.ts';

const TOKEN = `alice.${'x'.repeat(43)}`;

test('an agent says hello at once, and asks for nothing that it was not told to', async (t) => {
  const broker = await FakeBroker.start(t);
  const { next } = runAgent(t, { to: broker.to });
  const [grant] = await next('ready');
  assert.deepEqual(grant, {
    host: '127.0.0.1',
    port: 4000,
    address: '127.0.0.1:4000',
    name: undefined,
    hostName: undefined,
    resumed: false,
    changed: [],
    lease: 60,
    limits: {},
  });
  const { hello, register } = await broker.agent();
  assert.equal(hello.version, 1);
  assert.match(String(hello.nonce), /^[A-Za-z0-9_-]{43}$/);
  assert.deepEqual([hello.token, register], [undefined, { limits: {} }]);
});

test('an answer that came while the agent was busy is heard, however late that is', async (t) => {
  const patience = 50;
  const { port } = await serve(t, (socket) => {
    socket.once('data', () => {
      socket.end('[ERROR] {"code":"shutdown","message":"another time"}\n');
      for (const end = performance.now() + 3 * patience; performance.now() < end; );
    });
  });
  const { signal } = new AbortController();
  const connection = await ControlConnection.connect(`127.0.0.1:${port}`, undefined, signal);
  const asked = shakeHands(connection, undefined, { limits: {} }, patience);
  await assert.rejects(asked, { code: 'E_REFUSED', refusal: 'shutdown' });
});

test('it asks for its port and its limits', async (t) => {
  const broker = await FakeBroker.start(t);
  const { next } = runAgent(t, {
    to: broker.to,
    ports: '4000-4009',
    allowClients: '10.0.0.0/8, ::1',
    denyClients: '10.0.0.1',
    maxClients: 9,
    maxWaiting: 8,
    maxClientsPerAddress: 7,
    connectRate: 6,
    bytesPerSecond: 5,
    idleTimeout: 4.5,
  });
  await next('ready');
  assert.deepEqual((await broker.agent()).register, {
    ports: '4000-4009',
    limits: {
      allow: ['10.0.0.0/8', '::1'],
      deny: ['10.0.0.1'],
      clients: 9,
      waiting: 8,
      clientsPerAddress: 7,
      ratePerAddress: 6,
      bytesPerSecond: 5,
      idle: 4.5,
    },
  });
  const single = runAgent(t, { to: broker.to, port: 4001 });
  await single.next('ready');
  assert.equal((await broker.agent(2)).register.port, 4001);
});

test('it asks for a name, alone or with others, and tells what host that is', async (t) => {
  const broker = await FakeBroker.start(t, {
    registered: { name: 'blog', hostName: 'blog.example.net' },
  });
  const { next } = runAgent(t, { to: broker.to, name: 'blog' });
  const [{ name, hostName }] = await next('ready');
  assert.deepEqual([name, hostName], ['blog', 'blog.example.net']);
  const grouped = runAgent(t, { to: broker.to, name: 'blog', group: true });
  await grouped.next('ready');
  const limits = {};
  assert.deepEqual((await broker.agent(1)).register, { name: 'blog', limits });
  assert.deepEqual((await broker.agent(2)).register, { name: 'blog', group: true, limits });
});

test('a host name that is none is not passed on', async (t) => {
  const broker = await FakeBroker.start(t, { registered: { name: 'blog', hostName: '$(reboot)' } });
  const { next } = runAgent(t, { to: broker.to, name: 'blog' });
  const [{ hostName }] = await next('ready');
  assert.equal(hostName, undefined);
});

for (const given of ['shop', undefined]) {
  test(`a relay that gives the name ${given} for another one is left at once`, async (t) => {
    const broker = await FakeBroker.start(t, { registered: { name: given } });
    const { over } = runAgent(t, { to: broker.to, name: 'blog', maxRetries: 0 });
    await assert.rejects(over, { code: 'E_NOT_A_RELAY', message: /another name/ });
    await (await broker.agent()).heard('BYE');
  });
}

describe('a refusal', () => {
  for (const [code, least] of [
    ['name-taken', 0],
    ['name-forbidden', 15_000],
    ['group-forbidden', 15_000],
  ] as const) {
    test(`for ${code} is tried again after at least ${least} ms`, async (t) => {
      const broker = await FakeBroker.start(t, {
        onRegister: (control) => control.say('ERROR', { code, message: 'no' }),
      });
      const { next } = runAgent(t, { to: broker.to, name: 'blog' });
      const [error, pause] = await next('retrying');
      assert.equal(error.refusal, code);
      assert.match(error.message, /\): no\. Ask /);
      assert.ok(pause >= least && pause <= least + 15_000, `${pause}`);
    });
  }
});

describe('with a token', () => {
  test('both ends prove that they have it, and it does not cross the wire', async (t) => {
    const broker = await FakeBroker.start(t, { token: TOKEN });
    const { next } = runAgent(t, { to: broker.to, token: TOKEN });
    await next('ready');
    const { lines, hello, register } = await broker.agent();
    assert.equal(hello.token, 'alice');
    assert.match(String(register.proof), /^[A-Za-z0-9_-]{43}$/);
    assert.ok(!JSON.stringify(lines).includes('xxxx'));
  });

  test('nonces are drawn anew for each connection', async (t) => {
    const broker = await FakeBroker.start(t, { token: TOKEN });
    const { next } = runAgent(t, { to: broker.to, token: TOKEN });
    await next('ready');
    (await broker.agent()).socket.destroy();
    await next('ready');
    const [first, second] = broker.controls;
    assert.notEqual(first?.hello.nonce, second?.hello.nonce);
  });

  const liars: [string, (control: FakeControl) => string | undefined][] = [
    ['a wrong proof', () => drawSecret(32)],
    ['no proof', () => undefined],
    ["the agent's own proof", ({ register }) => String(register.proof)],
  ];
  for (const [what, proof] of liars) {
    test(`a broker that shows ${what} is believed in nothing`, async (t) => {
      const broker: FakeBroker = await FakeBroker.start(t, {
        token: TOKEN,
        onRegister: (control) => {
          broker.answerRegister(control, { proof: proof(control) });
          announce(control);
        },
      });
      await distrusts(t, broker);
    });
  }

  test('a broker that plays back what another said is believed in nothing', async (t) => {
    const honest = await FakeBroker.start(t, { token: TOKEN });
    const first = runAgent(t, { to: honest.to, token: TOKEN });
    await first.next('ready');
    const { nonce, answers } = await honest.agent();
    const broker: FakeBroker = await FakeBroker.start(t, {
      onHello: (control) => control.say('CHALLENGE', { version: 1, nonce }),
      onRegister: (control) => {
        control.say('REGISTERED', answers.at(-1)?.body);
        announce(control);
      },
    });
    await distrusts(t, broker);
  });

  test('a token that is none is refused before anything is dialled, and not shown', async (t) => {
    for (const token of ['alice', 'alice.short', `Alice.${'x'.repeat(43)}`]) {
      const { over } = runAgent(t, { to: '127.0.0.1:1', token });
      await assert.rejects(over, (error: RelayError) => {
        assert.equal(error.code, 'E_BAD_OPTION');
        return !error.message.includes(token);
      });
    }
  });
});

describe('a refusal', () => {
  const refusal = (code: string, message = 'because of this') => ({
    onRegister: (control: FakeControl) => {
      control.say('ERROR', { code, message });
      control.socket.end();
    },
  });

  test('is told with its code, in words and with advice, and ends an agent that may not retry', async (t) => {
    const broker = await FakeBroker.start(t, refusal('port-taken'));
    const { next, over, told } = runAgent(t, { to: broker.to, port: 4000, maxRetries: 0 });
    const [error] = await next('refused');
    assert.equal(error.refusal, 'port-taken');
    const says = `The relay at ${broker.to} refuses (port-taken): because of this. Ask for another port, or for none.`;
    await assert.rejects(over, { code: 'E_REFUSED', refusal: 'port-taken', message: says });
    assert.deepEqual(told, ['dataPlane', 'refused']);
  });

  test('that only somebody can mend is followed by a long pause, others by a short one', async (t) => {
    for (const [code, isLong] of [
      ['port-taken', false],
      ['too-many', false],
      ['something-new', false],
      ['port-forbidden', true],
      ['token-refused', true],
      ['tls-required', true],
    ] as const) {
      const broker = await FakeBroker.start(t, refusal(code));
      const { next } = runAgent(t, { to: broker.to });
      const [error, pause] = await next('retrying');
      assert.equal(error.refusal, code);
      assert.equal(pause >= 15_000, isLong, `${code}: ${pause} ms`);
    }
  });

  test('cannot smuggle control characters into a log', async (t) => {
    const broker = await FakeBroker.start(t, refusal('no\u001b[2J', 'line\nfeed \u202e and more'));
    const { next } = runAgent(t, { to: broker.to, maxRetries: 0 });
    const [error] = await next('refused');
    assert.match(`${error.message}${error.refusal}`, /^[\x20-\x7e]*$/);
  });
});

describe('a broker that does not keep to the protocol', () => {
  const answers: [string, (control: FakeControl, broker: FakeBroker) => void][] = [
    ['port 0', (control, broker) => broker.answerRegister(control, { port: 0 })],
    ['a port beyond all', (control, broker) => broker.answerRegister(control, { port: 65536 })],
    ['no key', (control, broker) => broker.answerRegister(control, { key: undefined })],
    ['a lease before its time', (control, broker) => broker.answerRegister(control, { lease: -1 })],
    ['the wrong word', (control) => control.say('NEW', { ticket: drawSecret(16), client: {} })],
    ['another challenge', (control, broker) => broker.answerHello(control)],
    ['something else altogether', (control) => control.socket.write('HTTP/1.1 400 Bad\r\n\r\n')],
    ['a line without end', (control) => control.socket.write('x'.repeat(10 * 1024 * 1024))],
  ];
  for (const [what, answer] of answers) {
    test(`is no relay when it answers with ${what}`, async (t) => {
      const broker: FakeBroker = await FakeBroker.start(t, {
        onRegister: (control) => answer(control, broker),
      });
      const { over, told } = runAgent(t, { to: broker.to, maxRetries: 0 });
      await assert.rejects(over, { code: 'E_NOT_A_RELAY' });
      assert.ok(!told.includes('ready'));
      await broker.controls[0]?.closed();
    });
  }

  test('is no relay of ours when it wants another version', async (t) => {
    const broker: FakeBroker = await FakeBroker.start(t, {
      onHello: (control) => broker.answerHello(control, { version: 2 }),
    });
    const { over } = runAgent(t, { to: broker.to, maxRetries: 0 });
    await assert.rejects(over, { code: 'E_NOT_A_RELAY', message: /version 2/ });
  });

  test('is told that its words are not known, and the handshake goes on', async (t) => {
    const broker: FakeBroker = await FakeBroker.start(t, {
      onHello: (control) => {
        control.say('WEATHER', { rain: true });
        broker.answerHello(control);
      },
    });
    const { next } = runAgent(t, { to: broker.to });
    await next('ready');
    assert.deepEqual((await broker.agent()).lines.map(({ word }) => word).slice(0, 3), [
      'HELLO',
      'ERROR',
      'REGISTER',
    ]);
    assert.equal((await broker.agent()).lines[1]?.body.code, 'word-unknown');
  });

  test('that says unknown words and reads no answers is given up: what waits for it is bounded', async (t) => {
    // The time that an answer may take is not what ends it.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const broker: FakeBroker = await FakeBroker.start(t, {
      onHello: ({ socket }) => {
        const flood = '[X] {}\n'.repeat(1000);
        const write = () => {
          while (socket.write(flood));
        };
        socket.on('drain', write);
        setImmediate(() => {
          socket.pause();
          write();
        });
      },
    });
    const { over } = runAgent(t, { to: broker.to, maxRetries: 0 });
    await assert.rejects(over, { code: 'E_RELAY_LOST', message: /does not read/ });
  });

  test('that does not answer is given up in the end', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const broker = await FakeBroker.start(t, { onHello: () => {} });
    const { over } = runAgent(t, { to: broker.to, maxRetries: 0 });
    await broker.control();
    t.mock.timers.tick(9999);
    await new Promise(setImmediate);
    t.mock.timers.tick(1);
    await assert.rejects(over, { code: 'E_RELAY_LOST', message: /did not answer in time/ });
  });

  test('that does not grant in time is told that nobody waits for it any more', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const broker = await FakeBroker.start(t, { onRegister: () => {} });
    const { over } = runAgent(t, { to: broker.to, maxRetries: 0 });
    const control = await broker.control();
    await control.heard('REGISTER');
    t.mock.timers.tick(10_000);
    await assert.rejects(over, { code: 'E_RELAY_LOST', message: /did not answer in time/ });
    await control.heard('BYE');
  });
});

function announce(control: FakeControl): void {
  control.say('NEW', { ticket: drawSecret(16), client: { address: '::1', port: 1 } });
}

async function distrusts(t: TestContext, broker: FakeBroker): Promise<void> {
  const target = await serve(t, () => assert.fail('the target was dialled'));
  const state = join(await emptyFolder(t), 'state.json');
  const { over, told } = runAgent(t, {
    to: broker.to,
    token: TOKEN,
    target: target.port,
    state,
    maxRetries: 0,
  });
  await assert.rejects(over, { code: 'E_BROKER_UNTRUSTED', message: /does not prove/ });
  await broker.controls[0]?.closed();
  assert.deepEqual(told, ['dataPlane']);
  assert.deepEqual(broker.backConnects, []);
  await assert.rejects(readFile(state), { code: 'ENOENT' });
}
