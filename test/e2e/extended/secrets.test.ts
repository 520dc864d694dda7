import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { emptyFolder } from '../../support/folder.ts';
import { runJsonAgent } from '../../support/json-agent.ts';
import { runBroker } from '../../support/program.ts';
import { tappedProxy } from '../../support/tapped-proxy.ts';
import { connectTo, outcome, serve, visit } from '../../support/tcp.ts';

const run = promisify(execFile);

async function createToken(name: string, file: string): Promise<string> {
  const args = ['dist/cli/relay-broker.js', 'token', 'create', name, '--tokens', file];
  const { stdout } = await run(process.execPath, args);
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}

async function tokenFile(t: TestContext) {
  const tokens = join(await emptyFolder(t), 'tokens.json');
  return { tokens, token: await createToken('alice', tokens) };
}

async function guardedBroker(t: TestContext, ...options: string[]) {
  const { tokens, token } = await tokenFile(t);
  return { token, broker: await runBroker(t, '--tokens', tokens, ...options) };
}

async function change(file: string, edit: (text: string) => string): Promise<void> {
  await writeFile(file, edit(await readFile(file, 'utf8')));
}

describe('with tokens', { concurrency: 2 }, () => {
  test('an agent that has one is served, by way of file or variable as well', async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const { token, broker } = await guardedBroker(t);
    const file = join(await emptyFolder(t), 'token');
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    for (const options of [
      ['--token', token],
      ['--token-file', file],
    ]) {
      const agent = runJsonAgent(t, echo.port, broker.controlPort, ...options);
      assert.equal(await visit(t, await agent.port(), 'secret service'), 'secret service');
    }
  });

  test('an agent without one, or with a wrong one, is told so and ends with a code', async (t) => {
    const { token, broker } = await guardedBroker(t);
    const wrong = token.replace(/.$/, token.endsWith('A') ? 'B' : 'A');
    for (const [options, code] of [
      [[], 'token-required'],
      [['--token', wrong], 'token-refused'],
      [['--token', token.replace('alice', 'bob')], 'token-refused'],
    ] as const) {
      const agent = runJsonAgent(t, 1, broker.controlPort, '--max-retries', '0', ...options);
      assert.equal((await agent.event('refused')).code, code);
      assert.equal(await agent.program.exited, 1);
    }
  });

  test('a basic registrant is refused, unless its address is named', async (t) => {
    const { broker } = await guardedBroker(t);
    const basic = await connectTo(t, broker.controlPort);
    const { data } = await outcome(basic);
    assert.match(data.toString(), /^\[ERROR\] \{"code":"basic-refused"/);

    const lenient = await guardedBroker(t, '--allow-basic', '10.0.0.0/8,127.0.0.0/8');
    await connectTo(t, lenient.broker.controlPort);
    await lenient.broker.line(/Serving relay requests on port/);
  });

  test('the token is in no log, on no wire and in a file for its owner alone', async (t) => {
    const { tokens, token } = await tokenFile(t);
    const broker = await runBroker(t, '--verbose', '--tokens', tokens);
    const proxy = await tappedProxy(t, broker.controlPort);
    const agent = runJsonAgent(t, 1, proxy.port, '--token', token);
    await agent.port();
    const secret = token.split('.')[1] ?? '';
    assert.ok(secret.length >= 43);
    for (const { toBroker, toAgent } of proxy.seen) {
      assert.ok(toBroker.length > 0 && toAgent.length > 0);
      assert.ok(!Buffer.concat([...toBroker, ...toAgent]).includes(secret));
    }
    assert.ok(!broker.output.includes(secret));
    assert.ok(!agent.program.output.includes(secret));
    assert.equal((await stat(tokens)).mode & 0o777, 0o600);
  });

  test('a recorded handshake gets nobody in', async (t) => {
    const { token, broker } = await guardedBroker(t);
    const proxy = await tappedProxy(t, broker.controlPort);
    const agent = runJsonAgent(t, 1, proxy.port, '--token', token);
    await agent.port();
    const recorded = Buffer.concat(proxy.seen[0]?.toBroker ?? []);
    assert.match(recorded.toString(), /\[REGISTER\] \{"proof":/);
    const thief = await connectTo(t, broker.controlPort);
    const answer = outcome(thief);
    thief.write(recorded);
    const { data } = await answer;
    assert.match(data.toString(), /\[ERROR\] \{"code":"token-refused"/);
    assert.doesNotMatch(data.toString(), /REGISTERED/);
  });

  test('a token that is taken from the file ends its registration, and its connections if it says so', async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    for (const cutConnections of [false, true]) {
      const { tokens, token } = await tokenFile(t);
      await change(tokens, (text) => {
        const file = JSON.parse(text) as { tokens: Record<string, object> };
        Object.assign(file.tokens.alice ?? {}, { cutConnections });
        return JSON.stringify(file);
      });
      const broker = await runBroker(t, '--tokens', tokens);
      const agent = runJsonAgent(t, echo.port, broker.controlPort, '--token', token);
      const port = await agent.port();
      const client = await connectTo(t, port);
      const echoed = outcome(client);
      client.write('before');
      await new Promise((resolve) => client.once('data', resolve));
      await change(tokens, (text) => JSON.stringify({ ...JSON.parse(text), tokens: {} }));
      assert.equal((await agent.event('refused')).code, 'revoked');
      await broker.line(new RegExp(`Port ${port} closed`));
      client.end('after');
      const { data, ending } = await echoed;
      if (cutConnections) assert.equal(ending, 'ECONNRESET');
      else assert.deepEqual([data.toString(), ending], ['beforeafter', 'eof']);
    }
  });
});
