import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { emptyFolder } from '../support/folder.ts';
import { pairThrough } from '../support/pair-through.ts';
import { BASIC, clientPortOf, type Program, runBroker, runCli } from '../support/program.ts';
import { connectTo, freePorts, knock, outcome, serve, visit } from '../support/tcp.ts';

/** A configuration file, and what replaces its text. */
async function configFile(t: TestContext, text: string) {
  const file = join(await emptyFolder(t), 'relay.toml');
  // Whole at once: somebody may look at any moment.
  const write = async (text: string) => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  await write(text);
  return { file, write };
}

/** What a program prints that does something with its file and ends. */
async function print(
  t: TestContext,
  name: 'relay-broker' | 'relay-agent',
  args: string[],
  env?: NodeJS.ProcessEnv,
) {
  const program = runCli(t, name, args, env);
  const code = await program.exited;
  return { code, output: program.output };
}

describe('a configuration file', { concurrency: true }, () => {
  test('is checked line by line, with an exit code to go by', async (t) => {
    const { file, write } = await configFile(t, 'port = 8080\n\nmax-client = 5\nlease = "1"\n');
    const check = () => print(t, 'relay-broker', ['--config', file, '--check-config']);
    assert.deepEqual(await check(), {
      code: 2,
      output: [
        `${file}:3:1: unknown key "max-client"; did you mean max-clients?`,
        `${file}:4:9: lease: expected seconds, 0 to 24 days`,
      ].join('\n'),
    });
    await write('port = 8080\n');
    assert.equal((await check()).code, 0);
    // Which is no agent's port.
    const agent = await print(t, 'relay-agent', ['--config', file, '--check-config']);
    assert.deepEqual(agent, { code: 2, output: `${file}:1:1: target is missing` });
  });

  test('that has a mistake, or is not there, starts nothing', async (t) => {
    const { file } = await configFile(t, 'port = 0\ndrian = 5\n');
    const wrong = await print(t, 'relay-broker', ['--config', file]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.output, /relay\.toml:2:1: unknown key "drian"; did you mean drain\?/);
    const missing = await print(t, 'relay-agent', ['--config', `${file}.not`, '--check-config']);
    assert.equal(missing.code, 2);
    assert.match(missing.output, /config: cannot read .*relay\.toml\.not: no such file/);
  });

  test('is behind the environment and the command line, and before the defaults', async (t) => {
    const { file, write } = await configFile(t, 'port = 1\nlease = 1\ndrain = 1\ntokens = "t"\n');
    const environment = { RELAY_CONFIG: file, RELAY_LEASE: '2', RELAY_DRAIN: '2' };
    const args = ['--drain', '3', '--print-config'];
    const { code, output } = await print(t, 'relay-broker', args, environment);
    assert.equal(code, 0);
    for (const line of [
      `port = 1 # ${file}:1`,
      `tokens = ${JSON.stringify(join(file, '..', 't'))} # ${file}:4`,
      'lease = 2 # RELAY_LEASE',
      'drain = 3 # --drain',
      'heartbeat = 5 # default',
    ]) {
      assert.ok(output.split('\n').includes(line), `${line} in:\n${output}`);
    }
    await write(output);
    const again = await print(t, 'relay-broker', ['--config', file, '--print-config']);
    const values = (text: string) => text.replace(/ # .*/g, '');
    assert.equal(values(again.output), values(output));
  });

  test('does not keep a program running that has failed', async (t) => {
    const taken = await serve(t, () => {});
    const { file } = await configFile(t, `port = ${taken.port}\nhost = "127.0.0.1"\n`);
    assert.equal((await print(t, 'relay-broker', ['--config', file])).code, 1);
  });
});

test('a broker goes by its file as it is now, while a transfer goes on', async (t) => {
  const { file, write } = await configFile(t, 'max-clients = 5\n');
  const broker = await runBroker(t, ...BASIC, '--config', file, '--log', 'json');
  const { client, server } = await pairThrough(t, broker);
  const port = await clientPortOf(broker);
  const sent = createHash('sha256');
  const received = outcome(server);
  const send = () => {
    const chunk = randomBytes(1 << 20);
    sent.update(chunk);
    client.write(chunk);
  };
  send();

  await write('deny-clients = ["127.0.0.1"]\n');
  broker.signal('SIGHUP');
  await broker.line(/read again: changed max-clients deny-clients/);
  const denied = knock(port);
  await broker.line(/"cause":"denied"/);
  await denied;
  send();

  await write('deny-clients = ["127.0.0.1"]\nmax-clients = many\n');
  broker.signal('SIGHUP');
  await broker.line(/relay\.toml:2:15: not TOML: .*What was there before goes on/);
  await write('deny-clients = ["127.0.0.1"]\ntokens = "nowhere"\n');
  broker.signal('SIGHUP');
  await broker.line(/read again: nothing to do/);
  await broker.line(/takes effect at the next start: tokens/);

  // Nobody has to be told by a signal.
  await write('advertise = "relay.example.net"\n');
  await broker.line(/read again: changed deny-clients/);
  await broker.line(/takes effect at the next start: advertise/);
  await connectTo(t, port);
  send();
  client.end();
  const { data, ending } = await received;
  assert.equal(ending, 'eof');
  assert.equal(createHash('sha256').update(data).digest('hex'), sent.digest('hex'));
  server.end();
  broker.signal('SIGTERM');
  assert.equal(await broker.exited, 0);
});

describe('an agent with several services', { concurrency: true }, () => {
  /** A server that says its name to each client and waits for its end. */
  async function serverOf(t: TestContext, name: string): Promise<number> {
    const { port } = await serve(t, (socket) => {
      socket.write(name);
      socket.once('end', () => socket.end());
      socket.resume();
    });
    return port;
  }

  /** The public port of a service, the `nth` time that it was told. */
  async function portOf(agent: Program, service: string, nth = 1): Promise<number> {
    const [, port] = await agent.line(new RegExp(`^${service} 127\\.0\\.0\\.1:(\\d+)$`), nth);
    return Number(port);
  }

  test('has each start, stop and change without the others, by its file', async (t) => {
    const broker = await runBroker(t);
    const from = await freePorts(1);
    const top = `to = "127.0.0.1:${broker.controlPort}"\ndrain = 5\n`;
    const [web, db, ssh] = await Promise.all(['web', 'db', 'ssh'].map((name) => serverOf(t, name)));
    const table = (name: string, target = 0, more = '') =>
      `[services.${name}]\ntarget = ${target}\n${more}`;
    const pinned = `port = ${from}\n`;
    const { file, write } = await configFile(
      t,
      top + table('web', web) + table('db', db) + table('ssh', ssh, pinned),
    );
    const agent = runCli(t, 'relay-agent', ['--config', file]);
    const ports = await Promise.all(['web', 'db', 'ssh'].map((name) => portOf(agent, name)));
    assert.equal(ports[2], from);
    const client = await connectTo(t, ports[0] ?? 0);
    const seen = outcome(client);

    // One goes, one comes, one changes but for its port, and one stays as it is.
    await write(
      top + table('web', web) + table('new', db) + table('ssh', ssh, `${pinned}spares = 1\n`),
    );
    agent.signal('SIGHUP');
    await agent.line(/Configuration read again: started new; restarted ssh; stopped db$/);
    assert.equal(await visit(t, await portOf(agent, 'new'), ''), 'db');
    assert.equal(await portOf(agent, 'ssh', 2), from);
    assert.equal(await knock(ports[1] ?? 0), 'ECONNREFUSED');

    await write(`${top}[services.web]\n`);
    agent.signal('SIGHUP');
    await agent.line(/relay\.toml:3:11: target is missing/);
    client.end();
    assert.deepEqual(await seen, { data: Buffer.from('web'), ending: 'eof' });
    await agent.line(/^.*web: Connection ended, complete/);
    assert.ok(!agent.output.includes('web: Shutting down'));

    agent.signal('SIGTERM');
    assert.equal(await agent.exited, 0);
  });

  test('ends when all have failed, not when one has, and tells of that at its end', async (t) => {
    const broker = await runBroker(t);
    const [dead] = [await freePorts(1)];
    const failing = (name: string) =>
      `[services.${name}]\ntarget = 1\nto = "127.0.0.1:${dead}"\nmax-retries = 0\n`;
    const good = `[services.good]\ntarget = 1\nto = "127.0.0.1:${broker.controlPort}"\n`;
    const { file } = await configFile(t, failing('one') + good);
    const agent = runCli(t, 'relay-agent', ['--config', file]);
    await agent.line(/one: .*connection refused.* It is given up/);
    await portOf(agent, 'good');
    agent.signal('SIGTERM');
    assert.equal(await agent.exited, 1);

    const { file: hopeless } = await configFile(t, failing('one') + failing('other'));
    const other = runCli(t, 'relay-agent', ['--config', hopeless, '--json']);
    assert.equal(await other.exited, 1);
    await other.line(/"message":"other: .*"event":"serviceFailed","service":"other"/);
  });
});
