import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { emptyFolder } from '../../support/folder.ts';
import { tokenOf, tokensFile } from '../../support/guarded-broker.ts';
import { type JsonAgent, runJsonAgent } from '../../support/json-agent.ts';
import { runBrokerAt } from '../../support/program.ts';
import { connectTo, freePorts, outcome, read, serve, visit } from '../../support/tcp.ts';

const CLIENTS = 400;

const ALICE = tokenOf('alice');
const BOB = tokenOf('bob');
const CAROL = tokenOf('carol');

const REQUEST = 'GET / HTTP/1.1\r\nHost: web.example.net\r\n\r\n';

/** A broker where services are found by name, too, and what its agents are started with. */
async function startGroup(t: TestContext, plane: string, ...options: string[]) {
  const { file } = await tokensFile(t, {
    alice: { token: ALICE, group: true, names: ['web'] },
    bob: { token: BOB, group: true, names: ['web'] },
    carol: { token: CAROL },
  });
  const brokerOptions = [
    ...['--tokens', file, '--data-plane', plane, ...options],
    ...['--http-names', '0', '--domain', 'example.net'],
  ];
  const broker = await runBrokerAt(t, await freePorts(1), ...brokerOptions);
  const port = await freePorts(1);
  const ask = ['--token', ALICE, '--data-plane', plane, '--group'];
  const place = ['--port', String(port), '--name', 'web'];
  /** An agent whose service says this, and then what it hears. */
  const join = async (says: string, ...more: string[]): Promise<JsonAgent> => {
    const service = await serve(t, (socket) => {
      socket.write(says);
      socket.pipe(socket);
    });
    const agent = runJsonAgent(t, service.port, broker.controlPort, ...ask, ...place, ...more);
    const { name, hostName } = await agent.event('ready');
    assert.deepEqual([name, hostName], ['web', 'web.example.net']);
    return agent;
  };
  return { broker, brokerOptions, port, ask, place, join };
}

async function namesPort(broker: { line(pattern: RegExp): Promise<RegExpExecArray> }) {
  const [, port] = await broker.line(/Front door http-names on port (\d+)/);
  return Number(port);
}

/** Who served each of some clients in a row. */
async function served(t: TestContext, port: number, count: number, says = ''): Promise<string> {
  let names = '';
  for (let n = 0; n < count; n += 1) names += (await visit(t, port, says)).replace(says, '');
  return names;
}

for (const plane of ['auto', 'portable']) {
  test(`agents of a group get clients in turn, with the data plane ${plane}`, async (t) => {
    const { broker, port, join } = await startGroup(t, plane);
    await join('a');
    await join('b');
    assert.equal(await served(t, port, 4), 'abab');
    assert.equal(await served(t, await namesPort(broker), 4, REQUEST), 'abab');

    const texts = Array.from({ length: CLIENTS }, (_, n) => `client ${n}`);
    const answers = await Promise.all(texts.map((text) => visit(t, port, text)));
    assert.deepEqual(
      answers.map((answer) => answer.slice(1)),
      texts,
    );
    const ofA = answers.filter((answer) => answer.startsWith('a'));
    assert.equal(ofA.length, CLIENTS / 2);
  });
}

// Most of it is waiting for programs to start.
describe('of a group', { concurrency: 2 }, () => {
  test('an agent whose service is down is passed over', async (t) => {
    const { broker, port, ask, place, join } = await startGroup(t, 'auto');
    runJsonAgent(t, 1, broker.controlPort, ...ask, ...place, '--health', 'tcp');
    await broker.line(/Port \d+ \("web", one of a group\) parked/);
    await join('b');
    assert.equal(await served(t, port, 3), 'bbb');
    assert.equal(await served(t, await namesPort(broker), 3, REQUEST), 'bbb');
  });

  test('agents are equal, however they get their clients', async (t) => {
    const { port, join } = await startGroup(t, 'auto');
    await join('a', '--mux');
    await join('b', '--spares', '2');
    await join('c', '--single-port');
    assert.equal(await served(t, port, 6), 'abcabc');
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`an agent that leaves by ${signal} has no more clients, and the others theirs`, async (t) => {
      const { broker, port, join } = await startGroup(t, 'auto');
      const leaving = await join('a');
      await join('b');
      const clients = [await connectTo(t, port), await connectTo(t, port)];
      for (const [n, client] of clients.entries()) {
        assert.equal(String(await read(client, 1)), 'ab'[n]);
      }
      leaving.program.signal(signal);
      await broker.line(signal === 'SIGTERM' ? /closed: the agent is done/ : /held for 60 s/);
      assert.equal(await served(t, port, 3), 'bbb');
      assert.equal(await served(t, await namesPort(broker), 3, REQUEST), 'bbb');
      const endings = await Promise.all(
        clients.map(async (client, n) => {
          const rest = outcome(client);
          client.end(`still there ${n}`);
          const { data, ending } = await rest;
          return ending === 'eof' ? String(data) : ending;
        }),
      );
      assert.equal(endings[1], 'still there 1');
      // What is relayed by a process ends with it.
      if (signal === 'SIGTERM') assert.equal(endings[0], 'still there 0');
    });
  }

  test('no agent is lost with a broker that is killed, nor its name', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const {
      broker,
      brokerOptions,
      port,
      join: enter,
    } = await startGroup(t, 'auto', '--state', state);
    const agents = [await enter('a'), await enter('b')];
    broker.signal('SIGKILL');
    await broker.exited;
    const next = await runBrokerAt(t, broker.controlPort, ...brokerOptions);
    const thief = runJsonAgent(
      t,
      1,
      broker.controlPort,
      ...['--token', BOB, '--name', 'web', '--group', '--max-retries', '0'],
    );
    assert.equal((await thief.event('refused')).code, 'name-taken');
    for (const agent of agents) {
      const { resumed, name } = await agent.event('ready', 2);
      assert.deepEqual([resumed, name, await agent.port(2)], [true, 'web', port]);
    }
    const both = (by: string) => [...by].sort().join('');
    assert.equal(both(await served(t, port, 4)), 'aabb');
    assert.equal(both(await served(t, await namesPort(next), 4, REQUEST)), 'aabb');
  });

  test('an agent that may not join is told why', async (t) => {
    const { broker, port, join } = await startGroup(t, 'auto');
    await join('a');
    const refusals: [code: string, ...options: string[]][] = [
      ['port-taken', '--token', BOB, '--group', '--port', String(port)],
      ['name-forbidden', '--token', CAROL, '--name', 'web'],
    ];
    await Promise.all(
      refusals.map(async ([code, ...options]) => {
        const agent = runJsonAgent(t, 1, broker.controlPort, ...options, '--max-retries', '0');
        assert.equal((await agent.event('refused')).code, code);
        assert.equal(await agent.program.exited, 1);
      }),
    );
    assert.equal(await served(t, port, 2), 'aa');
  });
});
