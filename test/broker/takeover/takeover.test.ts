import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Broker } from '#src/broker/broker.ts';
import type { HandoverProgress, RegistrationEnding } from '#src/broker/events.ts';
import { meetAt } from '#src/broker/takeover/meeting-place.ts';
import { hear, say, VERSION } from '#src/broker/takeover/words.ts';
import type { BrokerOptions } from '#src/options/broker-options.ts';
import { DATA_PLANES, startBroker, told } from '../../support/broker.ts';
import { descriptors } from '../../support/descriptors.ts';
import {
  type Body,
  backConnect,
  connectAgent,
  registerAgent,
} from '../../support/extended-agent.ts';
import { emptyFolder } from '../../support/folder.ts';
import { tokenOf, tokensFile } from '../../support/guarded-broker.ts';
import { runAgent } from '../../support/running-agent.ts';
import { connectTo, freePorts, knock, read, serve, visit } from '../../support/tcp.ts';
import { tlsFiles } from '../../support/tls-files.ts';
import { until } from '../../support/until.ts';

const HOST = '127.0.0.1';

/** Milliseconds that a busy machine may take for what waits for two seconds by itself. */
const PATIENCE = 30_000;

/** What a broker tells of its handover, stage by stage, as it goes on. */
function stagesOf(broker: Broker): HandoverProgress['stage'][] {
  const stages: HandoverProgress['stage'][] = [];
  broker.on('handover', ({ stage }) => stages.push(stage));
  return stages;
}

/** A broker that takes the place of another. */
function takeOver(t: TestContext, port: number, options: Partial<BrokerOptions> = {}) {
  return startBroker(t, { ...options, port, takeover: true });
}

/** The back-connect that fetches a client. */
function fetch(
  t: TestContext,
  { backConnectPort, registration }: Pick<Body, 'backConnectPort' | 'registration'>,
  ticket: string,
) {
  return backConnect(t, backConnectPort, { word: 'TICKET', registration, ticket });
}

/** Asks a broker for its place as another process would, and has got all of it. */
async function askFor(port: number) {
  const { close } = await import('#src/broker/takeover/unix-calls.ts');
  const channel = await meetAt({ host: HOST, port });
  await say(channel, { word: 'take', version: VERSION });
  const words: string[] = [];
  for (;;) {
    const { said, descriptor } = await hear(channel, 5000);
    words.push(said.word);
    if (descriptor !== undefined) close(descriptor);
    if (said.word === 'all') return { channel, words };
  }
}

for (const dataPlane of DATA_PLANES) {
  describe(`a broker whose place another one takes (${dataPlane})`, () => {
    test('leaves it its leases, its client ports and those who wait in their queues', async (t) => {
      const state = join(await emptyFolder(t), 'state');
      const { broker: old, port } = await startBroker(t, { state, dataPlane });
      const stages = stagesOf(old);
      const live = await registerAgent(t, port);
      const held = await registerAgent(t, port);
      const isHeld = told(old, 'held');
      held.agent.socket.destroy();
      await isHeld;
      const endings: RegistrationEnding[] = [];
      old.on('ended', (_, ending) => endings.push(ending));

      const { broker } = await takeOver(t, port, { state, dataPlane });
      assert.equal((await live.agent.line('ERROR')).code, 'shutdown');
      await until(() => stages.at(-1) === 'finished');
      assert.deepEqual(stages, ['asked', 'shut', 'given', 'moved', 'finished']);
      assert.deepEqual(endings, ['moved', 'moved']);
      assert.equal(old.status().state, 'draining');
      for (const { granted } of [live, held]) {
        const client = await connectTo(t, granted.port);
        const again = await connectAgent(t, port);
        const { resumed, ...back } = await again.register({ resume: granted.key });
        assert.deepEqual([resumed, back.port], [true, granted.port]);
        assert.ok(back.registration > held.granted.registration, 'no id is used twice');
        const { ticket } = await again.line('NEW');
        const server = await fetch(t, back, ticket);
        client.write('question');
        assert.equal(`${await read(server, 8)}`, 'question');
      }
      const written = JSON.parse(await readFile(state, 'utf8')) as { leases: { port: number }[] };
      const ports = (all: number[]) => all.sort((a, b) => a - b);
      assert.deepEqual(
        ports(written.leases.map((lease) => lease.port)),
        ports([live.granted.port, held.granted.port]),
      );
      await broker.close({ drain: 0 });
    });

    test('waits for those who are being fetched, and for those who are being relayed', async (t) => {
      const { broker: old, port } = await startBroker(t, { dataPlane });
      const { agent, granted } = await registerAgent(t, port);
      const client = await connectTo(t, granted.port);
      const { ticket } = await agent.line('NEW');
      const asked = told(old, 'handover');
      const taking = takeOver(t, port, { dataPlane });
      await asked;
      // By the control port, as an agent does that can reach no other one.
      const server = await connectTo(t, port);
      const { registration } = granted;
      server.write(`[TICKET] ${JSON.stringify({ registration, ticket })}\n`);
      client.write('question');
      assert.equal(`${await read(server, 8)}`, 'question');
      await taking;
      server.write('answer');
      assert.equal(`${await read(client, 6)}`, 'answer');
      const finished = once(old, 'handover');
      client.destroy();
      server.destroy();
      assert.deepEqual(await finished, [{ stage: 'finished' }]);
    });

    test('leaves it the port of a group, with all its members, and their name', async (t) => {
      const token = tokenOf('web');
      const { file: tokens } = await tokensFile(t, { web: { token, group: true, names: ['web'] } });
      const { broker: old, port } = await startBroker(t, { tokens, dataPlane });
      const shared = await freePorts(1);
      const request = { group: true, port: shared, name: 'web' };
      const members = [
        await registerAgent(t, port, request, { token }),
        await registerAgent(t, port, request, { token }),
      ];
      const { broker } = await takeOver(t, port, { tokens, dataPlane });
      assert.deepEqual(
        broker.registrations().map(({ info }) => [info.clientPort, info.name]),
        [
          [shared, 'web'],
          [shared, 'web'],
        ],
      );
      for (const { granted } of members) {
        const agent = await connectAgent(t, port, { token });
        await agent.register({ ...request, resume: granted.key });
        await connectTo(t, shared);
        await agent.line('NEW');
      }
      await old.close({ drain: 0 });
      await connectTo(t, shared);
    });

    test('goes on as if nothing had happened when that one vanishes with all in its hands', async (t) => {
      const state = join(await emptyFolder(t), 'state');
      const { broker, port } = await startBroker(t, { state, dataPlane, pool: '0:0' });
      const { agent, granted } = await registerAgent(t, port);
      const before = descriptors();
      const stages = stagesOf(broker);
      const { channel, words } = await askFor(port);
      assert.deepEqual(words, [
        'wait',
        ...Array.from({ length: 4 }, () => 'listener'),
        'lease',
        'all',
      ]);
      const client = await connectTo(t, granted.port);
      const other = await connectTo(t, port);
      channel.close();
      await until(() => stages.at(-1) === 'failed');
      const { ticket } = await agent.line('NEW');
      const server = await fetch(t, granted, ticket);
      client.write('question');
      assert.equal(`${await read(server, 8)}`, 'question');
      other.destroy();
      const next = await registerAgent(t, port);
      assert.ok((await readFile(state, 'utf8')).includes(`"port": ${next.granted.port}`));
      for (const socket of [client, server, next.agent.socket]) socket.destroy();
      await until(() => broker.status().counters.paired === 0);
      // The duplicates are closed.
      await until(() => descriptors() <= before + 4);

      await takeOver(t, port, { state, dataPlane, pool: '0:0' });
      assert.equal((await agent.line('ERROR')).code, 'shutdown');
    });

    test('opens nothing again when it has been closed and that one vanishes', async (t) => {
      const { broker, port } = await startBroker(t, { dataPlane, pool: '0:0' });
      await registerAgent(t, port);
      const doors = broker.status().doors.map((door) => door.port);
      const clientPorts = broker.registrations().map(({ info }) => info.clientPort);
      assert.equal(doors.length + clientPorts.length, 3);
      const stages = stagesOf(broker);
      const { channel } = await askFor(port);
      await broker.close();
      channel.close();
      await until(() => stages.at(-1) === 'failed');
      // Nor are duplicates left, in whose queues clients would wait for nobody.
      for (const each of [port, ...doors, ...clientPorts]) {
        assert.equal(await knock(each), 'ECONNREFUSED');
      }
    });

    test('gives nothing away when it is closed before it has', async (t) => {
      const state = join(await emptyFolder(t), 'state');
      const { broker, port } = await startBroker(t, { dataPlane, state });
      const { agent, granted } = await registerAgent(t, port);
      await connectTo(t, granted.port);
      await agent.line('NEW');
      const channel = await meetAt({ host: HOST, port });
      t.after(() => channel.close());
      await say(channel, { word: 'take', version: VERSION });
      assert.deepEqual((await hear(channel, PATIENCE)).said, { word: 'wait' });
      // As long as a client waits to be fetched, nothing is given.
      const closed = broker.close();
      const { said } = await hear(channel, PATIENCE);
      assert.deepEqual(said, { word: 'refuse', reason: 'it is being closed' });
      await closed;
      assert.ok((await readFile(state, 'utf8')).includes(`"port": ${granted.port}`));
    });
  });
}

describe('a broker whose place another one takes', () => {
  test('has every kind of agent resume, and what it relays run on', async (t) => {
    const files = await tlsFiles(t);
    const encrypted = { tlsCert: files.cert, tlsKey: files.key };
    for (const [settings, kinds] of [
      [{}, [{}, { mux: true }, { singlePort: true }, { spares: 2 }]],
      [encrypted, [{ tls: true, tlsCa: files.ca }]],
    ] as const) {
      const { port } = await startBroker(t, settings);
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const agents = await Promise.all(
        kinds.map(async (kind) => {
          const to = `${HOST}:${port}`;
          const agent = runAgent(t, { to, target: echo.port, maxRetries: 9, ...kind });
          const [{ port: clientPort }] = await agent.next('ready');
          const client = await connectTo(t, clientPort);
          client.write('before');
          assert.equal(`${await read(client, 6)}`, 'before');
          return { agent, clientPort, client };
        }),
      );
      const back = agents.map(({ agent }) => agent.next('ready'));
      await takeOver(t, port, settings);
      for (const [n, { clientPort, client }] of agents.entries()) {
        assert.equal((await back[n])?.[0].port, clientPort);
        assert.equal(await visit(t, clientPort, 'anew'), 'anew');
        client.write('after');
        assert.equal(`${await read(client, 5)}`, 'after');
      }
    }
  });

  test('serves registrants that cannot move for its drain time', async (t) => {
    const { broker: old, port } = await startBroker(t);
    const registered = told(old, 'registered');
    const control = await connectTo(t, port);
    const [{ clientPort }] = await registered;
    await takeOver(t, port);
    await connectTo(t, clientPort);
    await once(control, 'data');
    await old.close({ drain: 0 });
    assert.equal(await knock(clientPort), 'ECONNREFUSED');
  });

  test('listens to one at a time', async (t) => {
    const { broker, port } = await startBroker(t);
    const { channel } = await askFor(port);
    await assert.rejects(takeOver(t, port), {
      code: 'E_TAKEOVER',
      message: /another process takes its place at this moment/,
    });
    const failed = told(broker, 'handover');
    await say(channel, { word: 'failed', reason: 'a reason' });
    assert.deepEqual(await failed, [{ stage: 'failed', reason: 'a reason' }]);
    assert.deepEqual((await hear(channel, 1000)).said, { word: 'back' });
    channel.close();
  });

  test('hands nothing over to another version', async (t) => {
    const { port } = await startBroker(t);
    const channel = await meetAt({ host: HOST, port });
    t.after(() => channel.close());
    await say(channel, { word: 'take', version: VERSION + 1 });
    const { said } = await hear(channel, 1000);
    assert.equal(said.word, 'refuse');
  });
});
