import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DATA_PLANES } from '../support/broker.ts';
import { emptyFolder } from '../support/folder.ts';
import { runJsonAgent } from '../support/json-agent.ts';
import { needsNetworkOf } from '../support/needs.ts';
import { Program, runCli } from '../support/program.ts';
import { connectTo, freePorts, outcome, serve, visit } from '../support/tcp.ts';

/** Milliseconds between two new clients. */
const PACE = 5;

const STREAMS = 20;
const CHUNK = 64 * 1024;
/** Milliseconds between two chunks of a stream. */
const CHUNK_PACE = 50;

function start(t: TestContext, port: number, ...options: string[]): Program {
  return runCli(t, 'relay-broker', [String(port), '--host', '127.0.0.1', ...options]);
}

/** Sends a steady stream until it is told to stop, and tells whether the same came back. */
async function stream(t: TestContext, port: number, stop: AbortSignal): Promise<string> {
  const client = await connectTo(t, port);
  const echoed = outcome(client);
  const sent = createHash('sha256');
  while (!stop.aborted) {
    const chunk = randomBytes(CHUNK);
    sent.update(chunk);
    client.write(chunk);
    await delay(CHUNK_PACE);
  }
  client.end();
  const { data, ending } = await echoed;
  if (ending !== 'eof') return ending;
  return createHash('sha256').update(data).digest('hex') === sent.digest('hex') ? 'same' : 'other';
}

/** A new client every {@link PACE} ms, until they leave. */
class Visitors {
  readonly #visits: Promise<string>[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(t: TestContext, port: number) {
    const come = () => this.#visits.push(visit(t, port, `${this.#visits.length}`));
    this.#timer = setInterval(come, PACE);
    t.after(() => clearInterval(this.#timer));
  }

  /** Resolves when so many more have been answered. */
  async more(count: number): Promise<void> {
    const enough = this.#visits.length + count;
    while (this.#visits.length < enough) await delay(PACE);
    await Promise.all(this.#visits);
  }

  /** Resolves when each has got what it sent, and rejects when one has not. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    const answers = await Promise.all(this.#visits);
    assert.deepEqual(answers, [...answers.keys()].map(String));
  }
}

describe('relay-broker --takeover', () => {
  for (const plane of DATA_PLANES) {
    test(`refuses, resets and corrupts nothing under load (${plane})`, async (t) => {
      const [port, state] = [await freePorts(1), join(await emptyFolder(t), 'state')];
      const options = ['--data-plane', plane, '--state', state];
      const old = start(t, port, ...options);
      await old.line(/Control connections/);
      const echo = await serve(t, (socket) => socket.pipe(socket));
      const agent = runJsonAgent(t, echo.port, port);
      const clientPort = await agent.port();

      const enough = new AbortController();
      t.after(() => enough.abort());
      const streams = Array.from({ length: STREAMS }, () => stream(t, clientPort, enough.signal));
      const visitors = new Visitors(t, clientPort);
      await visitors.more(100);
      const next = start(t, port, ...options, '--takeover');
      await next.line(/This process serves in its place/);
      assert.equal(await agent.port(2), clientPort);
      const pauses = agent.program.output.matchAll(/"delay":(\d+)/g);
      const away = [...pauses].reduce((sum, [, pause]) => sum + Number(pause), 0);
      assert.ok(away < 1000, `the agent let ${away} ms pass`);
      await visitors.more(100);
      await visitors.leave();
      assert.equal(old.child.exitCode, null, 'the streams still run by way of the old process');
      enough.abort();
      assert.deepEqual(new Set(await Promise.all(streams)), new Set(['same']));
      assert.equal(await old.exited, 0);
      assert.match(old.output, /Nothing is left here/);
      assert.equal(await visit(t, clientPort, 'afterwards'), 'afterwards');
    });
  }

  test('that cannot start leaves the place to the one that has it', async (t) => {
    const port = await freePorts(1);
    const taken = await serve(t, () => {});
    const old = start(t, port);
    await old.line(/Control connections/);
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const agent = runJsonAgent(t, echo.port, port);
    const clientPort = await agent.port();
    const visitors = new Visitors(t, clientPort);
    const next = start(t, port, '--takeover', '--announce-port', String(taken.port));
    assert.equal(await next.exited, 1);
    assert.match(next.output, /Cannot listen on 127\.0\.0\.1, port \d+/);
    await old.line(/This process keeps its place: it could not start/);
    await visitors.more(20);
    await visitors.leave();
    assert.deepEqual((await agent.event('ready')).port, clientPort);
  });

  test('says so when nobody is there', async (t) => {
    const next = start(t, await freePorts(1), '--takeover');
    assert.equal(await next.exited, 1);
    assert.match(next.output, /Cannot take over: No broker can be met .* without --takeover/);
  });

  test('is nothing for another user', needsNetworkOf('setpriv'), async (t) => {
    const port = await freePorts(1);
    const old = start(t, port);
    await old.line(/Control connections/);
    const args = ['--reuid=65534', '--clear-groups', process.execPath, 'dist/cli/relay-broker.js'];
    const next = new Program(t, 'setpriv', [
      ...args,
      String(port),
      '--host',
      '127.0.0.1',
      '--takeover',
    ]);
    assert.equal(await next.exited, 1);
    assert.match(next.output, /the process that asks for it belongs to user 65534/);
    await old.line(/This process keeps its place/);
    await connectTo(t, port);
  });
});
