import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { emptyFolder } from '../../support/folder.ts';
import { runJsonAgent } from '../../support/json-agent.ts';
import { runBroker, runBrokerAt } from '../../support/program.ts';
import { tappedProxy } from '../../support/tapped-proxy.ts';
import {
  connectTo,
  endingOf,
  freePorts,
  outcome,
  portsToKeep,
  serve,
  visit,
} from '../../support/tcp.ts';

const CUTS = 50;
const STREAMS = 8;
const PERIOD = 40;
const CHUNK = 16 * 1024;

describe('50 cuts of the control connection under load lose no client and no byte', {
  // Most of it is waiting for the agent to try again.
  concurrency: true,
}, () => {
  for (const plane of ['auto', 'portable']) {
    test(`with the data plane ${plane}`, async (t) => {
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const broker = await runBroker(t, '--data-plane', plane);
      const proxy = await tappedProxy(t, broker.controlPort);
      const agent = runJsonAgent(t, echo.port, proxy.port, '--data-plane', plane);
      const port = await agent.port();

      const load = new AbortController();
      t.after(() => load.abort());
      const streams = Array.from({ length: STREAMS }, () => bulkStream(t, port, load.signal));
      const visitors = visitEvery(t, port, PERIOD, load.signal);
      for (let cut = 1; cut <= CUTS; cut += 1) {
        assert.equal(proxy.cut(), 1);
        await agent.event('lost', cut);
        assert.equal(await agent.port(cut + 1), port);
      }
      load.abort();

      for (const { sent, echoed, ending } of await Promise.all(streams)) {
        assert.equal(ending, 'eof');
        assert.equal(echoed, sent);
      }
      const visits = await visitors;
      assert.ok(visits.length > CUTS, `${visits.length} visits`);
      assert.deepEqual(
        visits,
        visits.map((_, n) => visitor(n)),
      );
    });
  }
});

test('a broker that was killed has its agent back on its port, and the agent tries twice a second', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const state = join(await emptyFolder(t), 'broker.json');
  const options = ['--state', state, '--ports', await portsToKeep()];
  const first = await runBrokerAt(t, await freePorts(1), ...options);
  const agent = runJsonAgent(t, echo.port, first.controlPort);
  const port = await agent.port();
  first.signal('SIGKILL');
  await first.exited;
  await agent.event('lost');

  await runBrokerAt(t, first.controlPort, ...options);
  // Nobody else can have had the port: a client that comes now is held for the agent.
  const client = await connectTo(t, port);
  const echoed = outcome(client);
  client.end('held');
  assert.equal(await agent.port(2), port);
  assert.equal((await echoed).data.toString(), 'held');
  const pauses = [...agent.program.output.matchAll(/"delay":(\d+)/g)].map(([, ms]) => Number(ms));
  assert.ok(pauses.length > 0 && pauses.every((pause) => pause <= 500), pauses.join());
});

test('an agent that was killed has its port back when it starts again', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const state = join(await emptyFolder(t), 'agent.json');
  const broker = await runBroker(t);
  const first = runJsonAgent(t, echo.port, broker.controlPort, '--state', state);
  const port = await first.port();
  first.program.signal('SIGKILL');
  await first.program.exited;

  const client = await connectTo(t, port);
  const echoed = outcome(client);
  client.end('patience');
  const second = runJsonAgent(t, echo.port, broker.controlPort, '--state', state);
  assert.equal(await second.port(), port);
  assert.equal((await echoed).data.toString(), 'patience');
});

test('an agent that stops without a state file leaves its port at once', async (t) => {
  const broker = await runBroker(t);
  const agent = runJsonAgent(t, 1, broker.controlPort);
  const port = await agent.port();
  agent.program.signal('SIGTERM');
  assert.equal(await agent.program.exited, 0);
  await broker.line(new RegExp(`Port ${port} closed`));
  await assert.rejects(connectTo(t, port), { code: 'ECONNREFUSED' });
});

test('two agents with one key are both told, and one of them goes on serving', async (t) => {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const state = join(await emptyFolder(t), 'agent.json');
  const broker = await runBroker(t);
  const one = runJsonAgent(t, echo.port, broker.controlPort, '--state', state);
  const port = await one.port();
  const other = runJsonAgent(t, echo.port, broker.controlPort, '--state', state);
  await Promise.all([
    one.program.line(/replaced|key-shared/),
    other.program.line(/replaced|key-shared/),
    Promise.race([one.program.line(/key-shared/), other.program.line(/key-shared/)]),
  ]);
  assert.equal(await visit(t, port, 'still here'), 'still here');
});

/** Sends random bytes until told to stop, and compares what came back by its hash. */
async function bulkStream(t: TestContext, port: number, stop: AbortSignal) {
  const socket = await connectTo(t, port);
  const [sent, echoed] = [createHash('sha256'), createHash('sha256')];
  const chunk = randomBytes(CHUNK);
  socket.on('data', (bytes) => echoed.update(bytes));
  const over = endingOf(socket);
  for (let n = 0; !stop.aborted; n += 1) {
    chunk.writeUInt32BE(n);
    const copy = Buffer.from(chunk);
    sent.update(copy);
    if (!socket.write(copy)) await Promise.race([once(socket, 'drain'), over]);
    // Enough to be under way at every cut; more would only heat the machine.
    await delay(20);
  }
  socket.end();
  const ending = await over;
  return { sent: sent.digest('hex'), echoed: echoed.digest('hex'), ending };
}

const visitor = (n: number) => `visitor ${n}`;

/** A client comes every so many milliseconds, says its number and wants it back. */
async function visitEvery(
  t: TestContext,
  port: number,
  period: number,
  stop: AbortSignal,
): Promise<string[]> {
  const visits: Promise<string>[] = [];
  for (let n = 0; !stop.aborted; n += 1) {
    visits.push(visit(t, port, visitor(n)));
    await delay(period, undefined, { signal: stop }).catch(() => {});
  }
  return Promise.all(visits);
}
