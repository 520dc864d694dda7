import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createAuthority } from '../support/certificates.ts';
import { FakeBroker, type FakeBrokerOptions, KEY } from '../support/fake-broker.ts';
import { emptyFolder } from '../support/folder.ts';
import { mutePort } from '../support/mute-port.ts';
import { runAgent } from '../support/running-agent.ts';
import { nowhere } from '../support/station.ts';
import { outcome, read, serve } from '../support/tcp.ts';

/** A relay that sends on whoever comes first, and keeps all others. */
async function sendingOnce(
  t: TestContext,
  to: () => string | undefined,
  options: FakeBrokerOptions = {},
): Promise<FakeBroker> {
  const broker: FakeBroker = await FakeBroker.start(t, {
    ...options,
    onRegister: (control) => {
      if (broker.controls.length === 1) control.sendTo(to());
      else broker.answerRegister(control);
    },
  });
  return broker;
}

describe('an agent that is sent elsewhere', () => {
  test('when it wants to register goes there at once, and nothing has failed', async (t) => {
    const owner = await FakeBroker.start(t);
    const broker = await sendingOnce(t, () => owner.to);
    const { agent, next, told } = runAgent(t, { to: broker.to, maxRetries: 0 });
    const [[to, error]] = await Promise.all([next('elsewhere'), next('ready')]);
    assert.equal(to, owner.to);
    assert.match(error.message, /\(elsewhere\): it is there\./);
    assert.deepEqual(told, ['dataPlane', 'elsewhere', 'connected', 'ready']);
    const { relay, redirects } = agent.status();
    assert.deepEqual([relay, redirects], [owner.to, 1]);
  });

  test('while it is registered goes there with its key, and its connections run on', async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const [broker, other] = [await FakeBroker.start(t), await FakeBroker.start(t)];
    const { next, told } = runAgent(t, { to: broker.to, target: echo.port, maxRetries: 0 });
    const control = await broker.agent();
    const client = await broker.client(control);
    client.write('one');
    assert.equal(String(await read(client, 3)), 'one');
    control.sendTo(other.to);
    const [grant] = await next('ready');
    assert.equal(grant.resumed, true);
    assert.equal((await other.agent()).register.resume, KEY);
    assert.deepEqual(told.slice(3), ['lost', 'elsewhere', 'connected', 'ready']);
    const rest = outcome(client);
    client.end('two');
    assert.equal((await rest).data.toString(), 'two');
    await other.client(await other.agent());
  });

  test('says so there when its service is down', async (t) => {
    const closed = await nowhere(t);
    const [broker, other] = [await FakeBroker.start(t), await FakeBroker.start(t)];
    runAgent(t, { to: broker.to, target: closed.port, health: 'tcp' });
    const control = await broker.agent();
    await control.heard('PARK');
    control.sendTo(other.to);
    await (await other.agent()).heard('PARK');
  });

  test('tells what is not as it was', async (t) => {
    const other = await FakeBroker.start(t, {
      registered: { host: 'other.example.net', port: 4001, resumed: false },
    });
    const broker = await FakeBroker.start(t);
    const { agent, next } = runAgent(t, { to: broker.to });
    assert.deepEqual((await next('ready'))[0].changed, []);
    (await broker.agent()).sendTo(other.to);
    const [grant] = await next('ready');
    assert.deepEqual(grant.changed, ['relay', 'port', 'lease']);
    assert.equal(agent.status().grant, grant);
  });

  test('goes back to its list when it loses that relay', async (t) => {
    const other = await FakeBroker.start(t);
    const broker = await sendingOnce(t, () => other.to);
    const { next } = runAgent(t, { to: broker.to });
    await next('ready');
    (await other.agent()).socket.destroy();
    const [, , , relay] = await next('retrying');
    assert.equal(relay, broker.to);
    await next('ready');
    assert.equal(broker.registered.length, 1);
  });

  test('to where nobody answers goes back to its list, which counts as a failure', async (t) => {
    const closed = await nowhere(t);
    const broker = await sendingOnce(t, () => `127.0.0.1:${closed.port}`);
    const { next, told } = runAgent(t, { to: broker.to });
    const [error, pause, attempt, other] = await next('retrying');
    assert.deepEqual([error.code, attempt, other], ['E_RELAY_UNREACHABLE', 1, broker.to]);
    assert.ok(pause > 0);
    await next('ready');
    assert.ok(!told.includes('refused'));
  });

  test('to a machine that is gone does not wait for it, though its list has but one relay', async (t) => {
    const port = await mutePort(t);
    let sent = 0;
    const broker = await sendingOnce(t, () => {
      sent = performance.now();
      return `127.0.0.1:${port}`;
    });
    const { next } = runAgent(t, { to: broker.to });
    await next('retrying');
    const took = performance.now() - sent;
    assert.ok(took > 1900 && took < 10_000, `${took}`);
    await next('ready');
  });

  test('to a peer that hangs up does not take it for one of the basic protocol', async (t) => {
    const visitors: Socket[] = [];
    const stranger = await serve(t, (socket) => {
      visitors.push(socket);
      socket.once('data', () => socket.end());
    });
    const broker = await sendingOnce(t, () => `127.0.0.1:${stranger.port}`);
    const { next, told } = runAgent(t, { to: broker.to });
    const [error] = await next('retrying');
    assert.equal(error.code, 'E_RELAY_LOST');
    assert.equal(visitors.length, 1);
    assert.ok(!told.includes('connected'));
  });

  test('and back at once goes to its list, behind a pause', async (t) => {
    const brokers: FakeBroker[] = [];
    const sendTo = (n: number) => ({
      onRegister: (control: Parameters<NonNullable<FakeBrokerOptions['onRegister']>>[0]) =>
        control.sendTo(brokers[n]?.to),
    });
    brokers.push(await FakeBroker.start(t, sendTo(1)), await FakeBroker.start(t, sendTo(0)));
    const { next, told } = runAgent(t, { to: brokers[0]?.to ?? '' });
    const [[refused], [error, pause]] = await Promise.all([next('refused'), next('retrying')]);
    assert.equal(refused, error);
    assert.equal(error.refusal, 'elsewhere');
    assert.ok(pause >= 250, `${pause}`);
    assert.deepEqual(
      brokers.map(({ controls }) => controls.length),
      [1, 1],
    );
    assert.deepEqual(told, ['dataPlane', 'elsewhere', 'refused', 'retrying']);
  });

  test('again and again is sent on four times', async (t) => {
    let left: FakeBroker | undefined;
    const chain: FakeBroker[] = [];
    for (let n = 0; n < 7; n += 1) {
      const to = left?.to;
      left = await FakeBroker.start(t, { onRegister: (control) => control.sendTo(to) });
      chain.unshift(left);
    }
    const { over } = runAgent(t, { to: left?.to ?? '', maxRetries: 0 });
    await assert.rejects(over, { code: 'E_REFUSED', refusal: 'elsewhere' });
    assert.deepEqual(
      chain.map(({ controls }) => controls.length),
      [1, 1, 1, 1, 1, 0, 0],
    );
  });

  test('without being told where has been refused, and tries again', async (t) => {
    const broker = await sendingOnce(t, () => undefined);
    const { next } = runAgent(t, { to: broker.to });
    const [error] = await next('refused');
    assert.equal(error.refusal, 'elsewhere');
    await next('ready');
  });

  for (const to of [
    ...['', 'relay', ':8080', 'relay:', 'relay:0', 'relay:65536', 'relay:080', '[::1:8080'],
    ...['http://relay:8080', 'a b:8080', '-o:22', 'relay:8080\n', `${'r'.repeat(300)}:1`],
  ]) {
    test(`to ${JSON.stringify(to.slice(0, 20))} has met no relay`, async (t) => {
      const broker = await FakeBroker.start(t, { onRegister: (control) => control.sendTo(to) });
      const { over, told } = runAgent(t, { to: broker.to, maxRetries: 0 });
      await assert.rejects(over, { code: 'E_NOT_A_RELAY' });
      assert.ok(!told.includes('elsewhere'));
    });
  }
});

describe('over TLS, the relay that an agent is sent to', () => {
  const authority = createAuthority();
  const certificate = authority.server('valid', 'other.example.net');

  async function sent(t: TestContext, host: string, options: { tlsServername?: string } = {}) {
    const file = join(await emptyFolder(t), 'ca.pem');
    await writeFile(file, authority.cert);
    const other = await FakeBroker.start(t, { tls: certificate });
    const tls = { tls: authority.server() };
    const broker = await sendingOnce(t, () => `${host}:${other.port}`, tls);
    const agent = runAgent(t, { to: broker.to, tls: true, tlsCa: file, maxRetries: 0, ...options });
    return { ...agent, other };
  }

  test('has to have a certificate for the host that was named', async (t) => {
    const { over, other } = await sent(t, 'localhost');
    await assert.rejects(over, { code: 'E_BROKER_UNTRUSTED', message: /localhost/ });
    assert.deepEqual(other.controls, []);
  });

  test('may have it for an address, where that was named', async (t) => {
    const { next, other } = await sent(t, '127.0.0.1');
    await next('ready');
    assert.equal(other.registered.length, 1);
  });

  test('may have it for the name that the agent insists on, whatever was named', async (t) => {
    const { next, other } = await sent(t, 'localhost', { tlsServername: '127.0.0.1' });
    await next('ready');
    assert.equal(other.registered.length, 1);
  });
});

test('with a token, the relay that an agent is sent to has to prove that it has it, too', async (t) => {
  const token = `alice.${'x'.repeat(43)}`;
  const impostor = await FakeBroker.start(t);
  const broker = await sendingOnce(t, () => impostor.to, { token });
  const { over } = runAgent(t, { to: broker.to, token, maxRetries: 0 });
  await assert.rejects(over, { code: 'E_BROKER_UNTRUSTED' });
  const { hello, register } = await impostor.control();
  assert.ok(!JSON.stringify([hello, register]).includes('xxx'));
});
