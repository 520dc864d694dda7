import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { basicBroker } from '../support/basic-broker.ts';
import { clientPortOf, runBroker, runBrokerAt, runCli } from '../support/program.ts';
import { nowhere } from '../support/station.ts';
import { connectTo, freePorts, outcome, read, serve } from '../support/tcp.ts';

const IMPOSTORS = [
  ['when it has just connected', serve],
  ['by a basic broker', basicBroker],
] as const;

describe('relay-agent', () => {
  test('logs the end of each connection with its byte counts', async (t) => {
    const { port, agent } = await exposed(t);
    const client = await connectTo(t, port);
    const echoed = outcome(client);
    client.end('hello');
    await echoed;
    await agent.line(/Connection ended, complete: 5 bytes in, 5 bytes out/);
  });

  test('exposes a unix socket', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'relay-'));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, 'service.sock');
    await serve(t, (socket) => socket.end('from the socket'), { path });
    const broker = await runBroker(t);
    runCli(t, 'relay-agent', [`unix:${path}`, '--to', `127.0.0.1:${broker.controlPort}`]);
    const client = await connectTo(t, await clientPortOf(broker));
    assert.equal((await outcome(client)).data.toString(), 'from the socket');
  });

  test('ends a client at once when its target is away, and says which target', async (t) => {
    const closed = await nowhere(t);
    const broker = await runBroker(t, '--pair-timeout', '60');
    const agent = runCli(t, 'relay-agent', [
      `127.0.0.1:${closed.port}`,
      '--to',
      `127.0.0.1:${broker.controlPort}`,
    ]);
    const client = await connectTo(t, await clientPortOf(broker));
    assert.equal((await outcome(client)).ending, 'ECONNRESET');
    await agent.line(new RegExp(`target at 127.0.0.1:${closed.port}: connection refused`));
  });

  test('comes back when the relay does', async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const port = await freePorts(1);
    const first = await runBrokerAt(t, port);
    const agent = runCli(t, 'relay-agent', [String(echo.port), '--to', `127.0.0.1:${port}`]);
    await clientPortOf(first);
    first.signal('SIGKILL');
    await first.exited;
    await agent.line(/Lost the relay at 127\.0\.0\.1:\d+: .*Trying again in \d+\.\d s \(retry 1\)/);
    const second = await runBrokerAt(t, port);
    const client = await connectTo(t, await clientPortOf(second));
    const echoed = outcome(client);
    client.end('again');
    assert.equal((await echoed).data.toString(), 'again');
  });

  test('says which host and port it cannot reach, and gives up after --max-retries', async (t) => {
    const closed = await nowhere(t);
    const address = `127.0.0.1:${closed.port}`;
    const agent = runCli(t, 'relay-agent', ['1', '--to', address, '--max-retries', '1']);
    assert.equal(await agent.exited, 1);
    const says = `Cannot reach the relay at ${address}: connection refused`;
    assert.ok(agent.lines[0]?.includes(says) || agent.lines[1]?.includes(says), agent.output);
    assert.match(agent.output, /Trying again in 0\.\d s \(retry 1\)/);
    assert.match(agent.lines.at(-1) ?? '', /^relay-agent: Cannot reach the relay/);

    const lost = runCli(t, 'relay-agent', ['1', '--to', 'no.invalid:1', '--max-retries', '0']);
    assert.equal(await lost.exited, 1);
    assert.match(
      lost.output,
      /Cannot reach the relay at no\.invalid:1: .*(unknown host|looked up)/,
    );
  });

  test('refuses a target or relay that is none with exit code 2', async (t) => {
    for (const [args, says] of [
      [['99999', '--to', 'a:1'], /target: expected a port, <host>:<port> or unix:<path>/],
      [['3000', '--to', 'localhost'], /to: expected <host>:<port>/],
      [['3000'], /to is missing/],
      [['3000', '--pool', 'a:1', '--to', 'b:1'], /pool: cannot be given together with to/],
      [['3000', '--pool', 'a:1', '--on-ready', 'x'], /onReady: cannot be given together with pool/],
    ] as const) {
      const agent = runCli(t, 'relay-agent', [...args]);
      assert.equal(await agent.exited, 2);
      assert.match(agent.output, says);
    }
  });

  test('says which pool it is in, and that it cannot be', async (t) => {
    const closed = await nowhere(t);
    const pool = `127.0.0.1:${closed.port}`;
    const agent = runCli(t, 'relay-agent', [
      '3000',
      '--pool',
      pool,
      '--connections',
      '2',
      '--json',
    ]);
    const [line] = await agent.line(/^.*"event":"pooling".*$/);
    const { message, ...entry } = JSON.parse(line);
    assert.equal(
      message,
      `Keeping 2 connections in the pool at ${pool}; its clients reach localhost:3000`,
    );
    assert.deepEqual([entry.pool, entry.connections], [pool, 2]);
    await agent.line(/"event":"notice","code":"spare-lost"/);
    agent.signal('SIGTERM');
    assert.equal(await agent.exited, 0);
  });

  for (const line of [
    '[NEW] 0',
    '[NEW] 65536',
    '[NEW] 022',
    '[NEW] +22',
    '[NEW] 22 ',
    '[NEW] 127.0.0.1:22',
    'SSH-2.0-OpenSSH_9.9\r',
    'x'.repeat(5000),
  ]) {
    for (const [protocol, impostorFor] of IMPOSTORS) {
      test(`dials nothing when told ${JSON.stringify(line.slice(0, 24))} ${protocol}`, async (t) => {
        const target = await serve(t, () => assert.fail('the target was dialled'));
        const impostor = await impostorFor(t, (socket) => socket.write(`${line}\n`));
        const agent = runCli(t, 'relay-agent', [
          String(target.port),
          '--to',
          `127.0.0.1:${impostor.port}`,
          '--max-retries',
          '0',
        ]);
        assert.equal(await agent.exited, 1);
        assert.match(agent.output, /No relay answers at .* Check host and port\./);
      });
    }
  }

  test('finishes its connections on SIGTERM and exits with 0', async (t) => {
    const { port, agent } = await exposed(t);
    const client = await connectTo(t, port);
    client.write('x');
    await read(client, 1);
    agent.signal('SIGTERM');
    await agent.line(/Shutting down; 1 connections may finish/);
    const echoed = outcome(client);
    client.end('the rest');
    assert.deepEqual(await echoed, { data: Buffer.from('the rest'), ending: 'eof' });
    assert.equal(await agent.exited, 0);
  });

  test('dials no more than a bounded number at once for a relay that floods it', async (t) => {
    const echo = await serve(t, () => {});
    const dialled = new Set<Socket>();
    const backConnects = await serve(t, (socket) => dialled.add(socket));
    const flood = await basicBroker(t, (socket) => {
      socket.write(`[NEW] ${backConnects.port}\n`.repeat(1000));
    });
    const agent = runCli(t, 'relay-agent', [
      String(echo.port),
      '--to',
      `127.0.0.1:${flood.port}`,
      '--log',
      'json',
    ]);
    while (dialled.size < 1000) await once(backConnects, 'connection');
    assert.doesNotMatch(agent.output, /connectionFailed/);
  });
});

async function exposed(t: Parameters<typeof connectTo>[0]) {
  const echo = await serve(t, (socket) => socket.pipe(socket));
  const broker = await runBroker(t);
  const agent = runCli(t, 'relay-agent', [
    String(echo.port),
    '--to',
    `127.0.0.1:${broker.controlPort}`,
  ]);
  return { port: await clientPortOf(broker), broker, agent };
}
