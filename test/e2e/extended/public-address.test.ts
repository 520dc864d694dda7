import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { registerAgent } from '../../support/extended-agent.ts';
import { emptyFolder } from '../../support/folder.ts';
import { runJsonAgent } from '../../support/json-agent.ts';
import { runBroker, runCli } from '../../support/program.ts';
import { connectTo, freePorts, knock, serve } from '../../support/tcp.ts';

test('the agent says where clients reach it, as a line and as JSON', async (t) => {
  const broker = await runBroker(t);
  const json = runJsonAgent(t, 1, broker.controlPort);
  const { host, port } = await json.event('ready');
  assert.equal(host, '127.0.0.1');
  assert.equal(typeof port, 'number');
  await broker.line(new RegExp(`Serving relay requests on port ${port}$`));

  const plain = runCli(t, 'relay-agent', ['1', '--to', `127.0.0.1:${broker.controlPort}`]);
  const [, shown] = await plain.line(/^127\.0\.0\.1:(\d+)$/);
  await broker.line(new RegExp(`Serving relay requests on port ${shown}$`));
});

test('the name that the broker is advertised by is part of the address', async (t) => {
  const broker = await runBroker(t, '--advertise', 'relay.example.net');
  const agent = runJsonAgent(t, 1, broker.controlPort);
  assert.equal((await agent.event('ready')).host, 'relay.example.net');
});

test('scripts get the address in a file and in the environment of a command', async (t) => {
  const folder = await emptyFolder(t);
  const broker = await runBroker(t);
  const [file, told] = [join(folder, 'address'), join(folder, 'told')];
  const command = `echo "$RELAY_HOST $RELAY_PORT $RELAY_ADDRESS" > ${told} && echo done >&2`;
  const agent = runJsonAgent(
    t,
    1,
    broker.controlPort,
    '--address-file',
    file,
    '--on-ready',
    command,
  );
  const port = await agent.port();
  await agent.program.line(/^done$/);
  assert.equal(await readFile(told, 'utf8'), `127.0.0.1 ${port} 127.0.0.1:${port}\n`);
  assert.equal(await readFile(file, 'utf8'), `127.0.0.1:${port}\n`);
});

test('a command that fails is reported, and the agent goes on', async (t) => {
  const broker = await runBroker(t);
  const agent = runJsonAgent(t, 1, broker.controlPort, '--on-ready', 'exit 7');
  await agent.program.line(/7/);
  const port = await agent.port();
  await connectTo(t, port);
});

test('a chosen port is given, and refused with a reason when it is taken or not allowed', async (t) => {
  const first = await freePorts(3);
  const broker = await runBroker(t, '--ports', `${first}-${first + 1}`);
  const chosen = runJsonAgent(t, 1, broker.controlPort, '--port', String(first + 1));
  assert.equal(await chosen.port(), first + 1);

  const refusals = [
    [['--port', String(first + 1)], 'port-taken'],
    [['--port', String(first + 2)], 'port-forbidden'],
    [['--port', '80'], 'port-forbidden'],
    [['--ports', `${first + 1}-${first + 1}`], 'port-taken'],
  ] as const;
  for (const [options, code] of refusals) {
    const agent = runJsonAgent(t, 1, broker.controlPort, '--max-retries', '0', ...options);
    const refused = await agent.event('refused');
    assert.equal(refused.code, code);
    assert.equal(await agent.program.exited, 1);
  }

  const ranged = runJsonAgent(t, 1, broker.controlPort, '--ports', `${first}-${first + 1}`);
  assert.equal(await ranged.port(), first);
  const full = runJsonAgent(t, 1, broker.controlPort, '--max-retries', '0');
  assert.equal((await full.event('refused')).code, 'no-port');
});

test('a port that some other program holds is refused as taken', async (t) => {
  const { port } = await serve(t, () => {});
  const broker = await runBroker(t);
  const options = ['--port', String(port), '--max-retries', '0'];
  const agent = runJsonAgent(t, 1, broker.controlPort, ...options);
  assert.equal((await agent.event('refused')).code, 'port-taken');
});

test('nobody else gets the port of an agent that is away, and it is free when the lease is over', async (t) => {
  const broker = await runBroker(t, '--lease', '3');
  const port = await freePorts(1);
  const options = ['--port', String(port), '--max-retries', '0'];
  const first = runJsonAgent(t, 1, broker.controlPort, ...options);
  assert.equal(await first.port(), port);
  first.program.signal('SIGKILL');
  await first.program.exited;
  // A program would take its time to start.
  await assert.rejects(registerAgent(t, broker.controlPort, { port }), /port-taken/);
  await broker.line(new RegExp(`Port ${port} closed`));
  assert.equal(await knock(port), 'ECONNREFUSED');
  const late = runJsonAgent(t, 1, broker.controlPort, ...options);
  assert.equal(await late.port(), port);
});
