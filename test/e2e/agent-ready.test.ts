import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FakeBroker } from '../support/fake-broker.ts';
import { emptyFolder } from '../support/folder.ts';
import { runCli } from '../support/program.ts';

const HOST = { registered: { host: 'relay.example.net' } };

describe('where clients reach the service', () => {
  test('is a line of its own on stdout, at each registration', async (t) => {
    const broker = await FakeBroker.start(t, HOST);
    const agent = runCli(t, 'relay-agent', ['1', '--to', broker.to]);
    const stdout: Buffer[] = [];
    agent.child.stdout?.on('data', (bytes: Buffer) => stdout.push(bytes));
    await agent.line(/^relay\.example\.net:4000$/);
    (await broker.agent()).socket.destroy();
    await agent.line(/^relay\.example\.net:4000$/, 2);
    const lines = Buffer.concat(stdout).toString().split('\n');
    const sentence = lines[lines.indexOf('relay.example.net:4000') - 1];
    assert.match(sentence ?? '', /Registered with the relay \(127\.0\.0\.1\); clients reach/);
  });

  test('is in the events of --json, with what happens to the registration', async (t) => {
    const broker = await FakeBroker.start(t, HOST);
    const agent = runCli(t, 'relay-agent', ['1', '--to', broker.to, '--json']);
    await agent.line(/"event":"ready"/);
    const control = await broker.agent();
    control.say('ERROR', { code: 'shutdown', message: 'over' });
    control.socket.end();
    await agent.line(/"event":"ready"/, 2);
    const events = agent.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (name: string) => events.filter(({ event }) => event === name);
    const { event, host, port, resumed } = of('ready')[0] ?? {};
    assert.deepEqual([event, host, port, resumed], ['ready', 'relay.example.net', 4000, false]);
    assert.equal(of('ready')[1]?.resumed, true);
    assert.equal(of('refused')[0]?.code, 'shutdown');
    assert.equal(of('lost').length, 1);
    assert.doesNotMatch(agent.output, /^relay/m, 'and nothing but JSON');
  });

  test('is told with what is not as it was, when a relay sends the agent to another one', async (t) => {
    const broker = await FakeBroker.start(t, HOST);
    const other = await FakeBroker.start(t, {
      registered: { host: 'other.example.net', port: 4001 },
    });
    const people = runCli(t, 'relay-agent', ['1', '--to', broker.to]);
    const command = ['--on-ready', 'echo "changed: $RELAY_CHANGED"'];
    const programs = runCli(t, 'relay-agent', ['1', '--to', broker.to, '--json', ...command]);
    await programs.line(/^changed: $/);
    await people.line(/^relay\.example\.net:4000$/);
    for (const control of [await broker.agent(1), await broker.agent(2)]) control.sendTo(other.to);
    await people.line(
      /ends the registration \(elsewhere\): it is there\. Going on to the relay at 127/,
    );
    await people.line(/Not as before: another relay, another port/);
    await people.line(/^other\.example\.net:4001$/);
    await programs.line(/^changed: relay,port$/);
    await programs.line(/"event":"ready"/, 2);
    const events = programs.lines.filter((line) => line.startsWith('{'));
    const of = (name: string) =>
      events.map((line) => JSON.parse(line)).filter(({ event }) => event === name);
    assert.deepEqual(
      of('ready').map(({ changed }) => changed),
      [[], ['relay', 'port']],
    );
    assert.equal(of('elsewhere')[0].to, other.to);
    assert.deepEqual(of('refused'), []);
  });

  test('is in a file that is whole at any moment', async (t) => {
    const broker = await FakeBroker.start(t, { registered: { host: '2001:db8::1' } });
    const file = join(await emptyFolder(t), 'address');
    const agent = runCli(t, 'relay-agent', [
      ...['1', '--to', broker.to],
      ...['--address-file', file, '--on-ready', 'echo written'],
    ]);
    await agent.line(/^written$/);
    assert.equal(await readFile(file, 'utf8'), '[2001:db8::1]:4000\n');
  });

  test('that cannot be written to a file is said, and served all the same', async (t) => {
    const broker = await FakeBroker.start(t);
    const folder = join(await emptyFolder(t), 'address');
    await mkdir(folder);
    const args = ['1', '--to', broker.to, '--address-file', folder];
    const agent = runCli(t, 'relay-agent', args);
    await agent.line(/Cannot write the address to/);
    assert.ok(!(await broker.agent()).socket.closed);
  });
});

describe('--on-ready', () => {
  test('runs a command that knows the address and not the token, beside stdout', async (t) => {
    const token = `alice.${'x'.repeat(43)}`;
    const broker = await FakeBroker.start(t, { token });
    const command = 'echo "at $RELAY_HOST/$RELAY_PORT/$RELAY_ADDRESS/$RELAY_TOKEN/$MINE"';
    const args = ['1', '--to', broker.to, '--on-ready', command];
    const agent = runCli(t, 'relay-agent', args, { RELAY_TOKEN: token, MINE: 'kept' });
    const stderr: Buffer[] = [];
    agent.child.stderr?.on('data', (bytes: Buffer) => stderr.push(bytes));
    await agent.line(/^at 127\.0\.0\.1\/4000\/127\.0\.0\.1:4000\/\/kept$/);
    assert.match(Buffer.concat(stderr).toString(), /^at /m);
  });

  test('knows the name, too, where there is one', async (t) => {
    const registered = { name: 'blog', hostName: 'blog.example.net' };
    const broker = await FakeBroker.start(t, { registered });
    const command = 'echo "at $RELAY_NAME/$RELAY_HOST_NAME/$RELAY_PORT"';
    const args = ['1', '--to', broker.to, '--name', 'blog', '--on-ready', command];
    const agent = runCli(t, 'relay-agent', args);
    await agent.line(/^at blog\/blog\.example\.net\/4000$/);
    await agent.line(/Its name there is blog, as a host blog\.example\.net$/);
  });

  test('says how a command failed', async (t) => {
    const broker = await FakeBroker.start(t);
    const agent = runCli(t, 'relay-agent', ['1', '--to', broker.to, '--on-ready', 'exit 7']);
    await agent.line(/The command of --on-ready failed: 7/);
    assert.ok(!(await broker.agent()).socket.closed);
  });

  test('ends what still runs when there is a new address, and when the agent ends', async (t) => {
    const broker = await FakeBroker.start(t);
    const command = `trap 'echo ended; exit' TERM; echo started; while :; do sleep 0.05; done`;
    const agent = runCli(t, 'relay-agent', ['1', '--to', broker.to, '--on-ready', command]);
    await agent.line(/^started$/);
    (await broker.agent()).socket.destroy();
    await agent.line(/^ended$/);
    await agent.line(/^started$/, 2);
    agent.signal('SIGTERM');
    // Whoever waits for its output gets that of the command as well.
    assert.equal(await agent.exited, 0);
    assert.equal(agent.lines.filter((line) => line === 'ended').length, 2);
    assert.doesNotMatch(agent.output, /failed/);
  });
});
