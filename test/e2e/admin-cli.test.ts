import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { emptyFolder } from '../support/folder.ts';
import { runJsonAgent } from '../support/json-agent.ts';
import { type Program, runBroker, runCli } from '../support/program.ts';
import { connectTo, freePorts, outcome, read, serve } from '../support/tcp.ts';

const ADMIN_URL = /Admin listener at (http:\S+)/;

/** What a command prints, to its end. */
async function run(t: TestContext, env: NodeJS.ProcessEnv, ...args: string[]) {
  const command = runCli(t, 'relay-broker', args, env);
  const code = await command.exited;
  return { code, output: command.output };
}

test('an operator looks at a broker, ends a connection and a registration, and drains it', async (t) => {
  const file = join(await emptyFolder(t), 'admin.token');
  await writeFile(file, 'the-token-of-the-operator', { mode: 0o600 });
  const options = ['--admin', '0', '--admin-token-file', file, '--advertise', 'relay.test'];
  const broker = await runBroker(t, ...options);
  const [, url] = await broker.line(ADMIN_URL);
  const env = { RELAY_ADMIN: url, RELAY_ADMIN_TOKEN_FILE: file };
  const echo = await serve(t, (socket) => socket.on('error', () => {}).pipe(socket));
  const agent = runJsonAgent(t, echo.port, broker.controlPort, '--name', 'blog');
  const clientPort = await agent.port();
  const client = await connectTo(t, clientPort);
  client.write('hello');
  await read(client, 5);

  const [status, listed, json, connections] = await Promise.all([
    run(t, env, 'status'),
    run(t, env, 'ps'),
    run(t, env, 'ps', '--json'),
    run(t, env, 'ps', '1'),
  ]);
  assert.match(status.output, /^Broker {9}serving for \d+ s, version \d/);
  assert.match(status.output, /^Connections {4}1 relayed, 0 waiting$/m);
  assert.match(status.output, /^Bytes {10}5 B from clients, 5 B to clients$/m);
  const row = new RegExp(
    `^ 1  live +blog +relay\\.test:${clientPort} +127\\.0\\.0\\.1 +extended +- .* 5 B  5 B$`,
    'm',
  );
  assert.match(listed.output, row);
  assert.equal(JSON.parse(json.output)[0].info.clientPort, clientPort);
  assert.match(connections.output, new RegExp(`paired +127\\.0\\.0\\.1:${client.localPort} `));

  const kicked = outcome(client);
  assert.deepEqual(await run(t, env, 'kick', '1/1'), { code: 0, output: '' });
  assert.equal((await kicked).ending, 'ECONNRESET');
  assert.deepEqual(await run(t, env, 'kick', '1/1'), {
    code: 1,
    output: 'relay-broker kick: There is no such connection.',
  });

  const last = await connectTo(t, clientPort);
  last.write('more');
  await read(last, 4);
  const draining = runCli(t, 'relay-broker', ['drain', '--wait', '--deadline', '30'], env);
  await draining.line(/^1 relayed connection left$/);
  await answering(broker, `${url}healthz`, 200);
  await answering(broker, `${url}readyz`, 503);
  last.end();
  assert.equal(await draining.exited, 0, draining.output);
  assert.equal(await broker.exited, 0);
});

async function answering(broker: Program, url: string, status: number): Promise<void> {
  const answer = await fetch(url);
  assert.equal(answer.status, status, `${url}\n${broker.output}`);
  await answer.text();
}

test('a listener that cannot be had ends the broker with the reason, and what it has opened', async (t) => {
  const broker = runCli(t, 'relay-broker', ['0', '--host', '127.0.0.1', '--admin', '0.0.0.0:1']);
  assert.equal(await broker.exited, 2);
  assert.match(
    broker.output,
    /relay-broker: admin: others can reach 0\.0\.0\.0: give --admin-token-file/,
  );
});

test('a signal that comes before the listener is open ends the broker in order', async (t) => {
  const folder = await emptyFolder(t);
  const [pipe, file] = [join(folder, 'pipe'), join(folder, 'token')];
  await writeFile(file, `${'t'.repeat(16)}\n`, { mode: 0o600 });
  // Until somebody writes there, the listener waits for its token.
  execFileSync('mkfifo', ['-m', '600', pipe]);
  const config = join(folder, 'relay.toml');
  await writeFile(config, 'port = 0\nhost = "127.0.0.1"\nadmin = 0\nadmin-token-file = "pipe"\n');
  const broker = runCli(t, 'relay-broker', ['--config', config]);
  // Which is not opened before the broker reads.
  const writing = await open(pipe, 'w');
  broker.signal('SIGTERM');
  // Whoever looks again finds a file.
  await rename(file, pipe);
  await writing.writeFile(`${'t'.repeat(16)}\n`);
  await writing.close();
  assert.equal(await broker.exited, 0);
  assert.match(broker.output, /Shut down/);
});

test('the listener moves to the process that takes the place, which goes on if it cannot have it', async (t) => {
  const [port, adminPort] = [await freePorts(1), await freePorts(1)];
  const start = async (...options: string[]) => {
    const broker = runCli(t, 'relay-broker', [`${port}`, '--host', '127.0.0.1', ...options]);
    await broker.line(/[Aa]dmin listener/);
    return broker;
  };
  const first = await start('--admin', `${adminPort}`);
  const second = await start('--admin', `${adminPort}`, '--takeover');
  await second.line(ADMIN_URL);
  assert.equal(await first.exited, 0);
  const third = await start(
    '--admin',
    '127.0.0.1:1',
    '--admin-token-file',
    '/nowhere',
    '--takeover',
  );
  await third.line(/Going on without an admin listener, .*: adminTokenFile: \/nowhere: no such/);
  assert.equal(await second.exited, 0);
  third.signal('SIGTERM');
  assert.equal(await third.exited, 0);
});
