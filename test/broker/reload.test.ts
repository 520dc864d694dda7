import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { type Broker, createBroker } from '#src/broker/broker.ts';
import { planReload } from '#src/broker/reload.ts';
import { type BrokerOptions, brokerOptions } from '#src/options/broker-options.ts';
import { checkOptions } from '#src/options/option.ts';
import { DATA_PLANES, startBroker, told } from '../support/broker.ts';
import { createAuthority } from '../support/certificates.ts';
import { backConnect, registerAgent } from '../support/extended-agent.ts';
import { emptyFolder } from '../support/folder.ts';
import { tokenOf, tokensFile } from '../support/guarded-broker.ts';
import { connectTo, freePorts, knock, read } from '../support/tcp.ts';

const ALICE = tokenOf('alice');
const BOB = tokenOf('bob');

/** Reloads with what a broker was started with and something else. */
function reloading(broker: Broker, options: Partial<BrokerOptions>) {
  return (changes: Partial<BrokerOptions>) =>
    broker.reload({ port: 0, host: '127.0.0.1', ...options, ...changes });
}

/** A client of an agent's registration, and its server's end. */
async function pairOf(
  t: TestContext,
  { agent, granted }: Awaited<ReturnType<typeof registerAgent>>,
) {
  const client = await connectTo(t, granted.port);
  const { ticket } = await agent.line('NEW');
  const { registration, backConnectPort } = granted;
  const server = await backConnect(t, backConnectPort, { word: 'TICKET', registration, ticket });
  return { client, server };
}

/** Whether bytes still pass both ways. */
async function assertRelayed({ client, server }: Awaited<ReturnType<typeof pairOf>>) {
  client.write('question');
  assert.equal(String(await read(server, 8)), 'question');
  server.write('answer');
  assert.equal(String(await read(client, 6)), 'answer');
}

for (const dataPlane of DATA_PLANES) {
  describe(`a broker that is reloaded, on the ${dataPlane} data plane`, () => {
    test('holds every kind of registration to new limits at once, and ends no connection', async (t) => {
      const options = { dataPlane };
      const { broker, port } = await startBroker(t, options);
      const agent = await registerAgent(t, port);
      const pair = await pairOf(t, agent);
      const basic = told(broker, 'registered');
      await connectTo(t, port);
      const [{ clientPort }] = await basic;

      const changes = { denyClients: '127.0.0.1', bytesPerSecond: 1_000_000, drain: 3 };
      assert.deepEqual(await reloading(broker, options)(changes), {
        changed: ['bytesPerSecond', 'denyClients', 'drain'],
        atNextStart: [],
      });
      for (const denied of [agent.granted.port, clientPort]) {
        const refused = told(broker, 'clientRefused');
        await knock(denied);
        assert.equal((await refused)[1], 'denied');
      }
      await assertRelayed(pair);

      await reloading(broker, options)({});
      await connectTo(t, agent.granted.port);
      await agent.agent.line('NEW', 2);
    });
  });
}

test('a registration outside a new range of ports stays, and the next comes from the range', async (t) => {
  const first = await freePorts(2);
  const options = { ports: `${first}-${first}` };
  const { broker, port } = await startBroker(t, options);
  const before = await registerAgent(t, port);
  assert.equal(before.granted.port, first);
  await reloading(broker, options)({ ports: `${first + 1}-${first + 1}` });
  const after = await registerAgent(t, port);
  assert.equal(after.granted.port, first + 1);
  await assertRelayed(await pairOf(t, before));
});

test('fewer registrations than are here leave those alone and let no more in', async (t) => {
  const { broker, port } = await startBroker(t);
  const agent = await registerAgent(t, port);
  await reloading(broker, {})({ maxRegistrations: 1 });
  await assert.rejects(registerAgent(t, port), /too-many/);
  await assertRelayed(await pairOf(t, agent));
});

test('other tokens withdraw what they lack, and have their limits hold for who is here', async (t) => {
  const before = await tokensFile(t, { alice: { token: ALICE }, bob: { token: BOB } });
  const after = await tokensFile(t, { alice: { token: ALICE, denyClients: ['127.0.0.1'] } });
  const { broker, port } = await startBroker(t, { tokens: before.file });
  const alice = await registerAgent(t, port, {}, { token: ALICE });
  const bob = await registerAgent(t, port, {}, { token: BOB });
  const pair = await pairOf(t, alice);

  const ended = told(broker, 'ended');
  await reloading(broker, {})({ tokens: after.file });
  assert.equal((await ended)[1], 'revoked');
  assert.equal((await bob.agent.line('ERROR')).code, 'revoked');
  const refused = told(broker, 'clientRefused');
  await knock(alice.granted.port);
  assert.equal((await refused)[1], 'denied');
  await assertRelayed(pair);
  await assert.rejects(registerAgent(t, port, {}, { token: BOB }), /token-refused/);
});

test('a change within the tokens file holds for registrations that are here', async (t) => {
  const { file, replace } = await tokensFile(t, { alice: { token: ALICE } });
  const { broker, port } = await startBroker(t, { tokens: file });
  const { granted } = await registerAgent(t, port, {}, { token: ALICE });
  await replace({ alice: { token: ALICE, denyClients: ['127.0.0.1'] } });
  // Which looks at the file without delay.
  await reloading(broker, { tokens: file })({});
  const refused = told(broker, 'clientRefused');
  await knock(granted.port);
  assert.equal((await refused)[1], 'denied');
});

test('a reload that cannot be done is refused as a whole, told of, and changes nothing', async (t) => {
  const tokens = await tokensFile(t, { alice: { token: ALICE } });
  const folder = await emptyFolder(t);
  const bad = join(folder, 'tokens');
  await writeFile(bad, '{"version": 1, "tokens": {"alice": 5}}', { mode: 0o600 });
  const { broker, port } = await startBroker(t, { tokens: tokens.file });
  const { agent, granted } = await registerAgent(t, port, {}, { token: ALICE });
  for (const [changes, code] of [
    [{ tokens: bad }, 'E_TOKENS'],
    [{ tokens: join(folder, 'nowhere') }, 'E_TOKENS'],
    [{ maxWaiting: 0 }, 'E_BAD_OPTION'],
    [{ unheard: 'of' }, 'E_BAD_OPTION'],
    [{ announcePort: 0 }, 'E_BAD_OPTION'],
  ] as const) {
    const failed = told(broker, 'reloadFailed');
    const reload = reloading(broker, { tokens: tokens.file })({
      denyClients: '127.0.0.1',
      ...changes,
    });
    await assert.rejects(reload, { code });
    assert.equal((await failed)[0].code, code);
  }
  await connectTo(t, granted.port);
  await agent.line('NEW');
  await registerAgent(t, port, {}, { token: ALICE });
});

test('another certificate is shown to whoever connects next, by ports that are open already', async (t) => {
  const folder = await emptyFolder(t);
  const [one, other] = [createAuthority('One'), createAuthority('Other')];
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const filesOf = async (name: string, { cert, key }: { cert: string; key: string }) => ({
    tlsCert: await write(`${name}.pem`, cert),
    tlsKey: await write(`${name}.key`, key),
  });
  const before = await filesOf('one', one.server());
  const options = { clientTls: true, pairTimeout: 60, ...before };
  const { broker, port } = await startBroker(t, options);
  const { granted } = await registerAgent(t, port, {}, { tls: { ca: one.cert } });
  const first = await secured(t, granted.port, one.cert);

  const { changed } = await reloading(broker, options)(await filesOf('other', other.server()));
  assert.deepEqual(changed, ['tlsCert', 'tlsKey']);
  await secured(t, granted.port, other.cert);
  await registerAgent(t, port, {}, { tls: { ca: other.cert } });
  assert.ok(first.writable && !first.readableEnded);

  const mixed = { tlsCert: before.tlsCert, tlsKey: join(folder, 'other.key') };
  await assert.rejects(reloading(broker, options)(mixed), { code: 'E_TLS' });
  await secured(t, granted.port, other.cert);
});

async function secured(t: TestContext, port: number, ca: string): Promise<TLSSocket> {
  const client = connect({ port, host: '127.0.0.1', ca });
  t.after(() => client.destroy());
  await once(client, 'secureConnect');
  return client;
}

test('what cannot change while it runs is told of each time, and the rest changes', async (t) => {
  const { broker, port } = await startBroker(t);
  for (const maxClients of [5, 6]) {
    const report = await reloading(broker, {})({ port, maxClients, advertise: 'a.example' });
    assert.deepEqual(report, { changed: ['maxClients'], atNextStart: ['port', 'advertise'] });
  }
});

test('whether tokens, TLS or certificates are demanded is settled at the start', () => {
  const settings = (options: object) => checkOptions(brokerOptions, { port: 1, ...options });
  const tls = { tlsCert: 'c', tlsKey: 'k' };
  for (const [now, wanted, atNextStart] of [
    [{}, { tokens: 't' }, ['tokens']],
    [{ tokens: 't' }, {}, ['tokens']],
    [{ tokens: 't' }, { tokens: 'u' }, []],
    [{}, tls, ['tlsCert', 'tlsKey']],
    [tls, { tlsPfx: 'p' }, []],
    // Otherwise a pool that takes a certificate for proof would take anybody.
    [
      { ...tls, tlsClientCa: 'a' },
      { tlsCert: 'd', tlsKey: 'l' },
      ['tlsCert', 'tlsKey', 'tlsClientCa'],
    ],
    [{ ...tls, tlsClientCa: 'a' }, { ...tls, tlsClientCa: 'b' }, []],
  ] as const) {
    const before = settings(now);
    const plan = planReload(before, settings(wanted));
    assert.deepEqual(plan.atNextStart, atNextStart);
    const expected = atNextStart.length > 0 ? before : settings(wanted);
    assert.deepEqual(given(plan.settings), given(expected));
  }
});

/** What is not set may be left out. */
function given(settings: object) {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .sort();
}

test('pools keep whom they take, which is told', () => {
  const settings = (allowBasic: string) =>
    checkOptions(brokerOptions, { port: 1, tokens: 't', pool: '2:3', allowBasic });
  const { changed, atNextStart } = planReload(settings('::1'), settings('::2'));
  assert.deepEqual([changed, atNextStart], [['allowBasic'], ['allowBasic']]);
});

test('a broker stays in its fleet, or out of one, until its next start', () => {
  const settings = (options: object) => checkOptions(brokerOptions, { port: 1, ...options });
  const alone = settings({ advertise: 'a.example' });
  const member = settings({
    advertise: 'a.example',
    cluster: 'tls://a',
    clusterName: 'eu',
    clusterPort: 2,
    clusterNkey: 'n',
    clusterCa: 'a',
    clusterCert: 'c',
    clusterKey: 'k',
  });
  for (const [before, wanted] of [
    [alone, member],
    [member, alone],
  ] as const) {
    const plan = planReload(before, wanted);
    assert.deepEqual([plan.settings, plan.changed, plan.atNextStart.length], [before, [], 7]);
  }
});

test('reloads come one after the other, and only while it runs', async (t) => {
  const idle = createBroker({ port: 0 });
  await assert.rejects(idle.reload({ port: 0 }), { code: 'E_NOT_RUNNING' });
  const { broker } = await startBroker(t);
  const changes = [{ drain: 1 }, { drain: 2 }, { drain: 2 }].map(reloading(broker, {}));
  const reports = await Promise.all(changes);
  assert.deepEqual(
    reports.map(({ changed }) => changed),
    [['drain'], ['drain'], []],
  );
  await broker.close();
  await assert.rejects(broker.reload({ port: 0 }), { code: 'E_NOT_RUNNING' });
});
