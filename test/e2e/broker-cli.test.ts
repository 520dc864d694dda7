import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { emptyFolder } from '../support/folder.ts';
import { pairThrough } from '../support/pair-through.ts';
import { BASIC, clientPortOf, runBroker, runCli } from '../support/program.ts';
import { connectTo, freePorts, outcome, read, serve, untilRefused } from '../support/tcp.ts';

describe('relay-broker', () => {
  test('says on which port it serves a registrant, and where with --advertise', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--advertise', 'relay.example.net');
    await connectTo(t, broker.controlPort);
    const port = await clientPortOf(broker);
    assert.match(broker.output, new RegExp(`on port ${port} \\(relay\\.example\\.net:${port}\\)`));
  });

  test('tells the registrant of each client in exactly one line', async (t) => {
    const broker = await runBroker(t, ...BASIC);
    const control = await connectTo(t, broker.controlPort);
    const port = await clientPortOf(broker);
    await connectTo(t, port);
    await connectTo(t, port);
    await once(control, 'readable');
    const first = String(await read(control, '[NEW] 10000\n'.length));
    const second = String(await read(control, first.length));
    assert.match(first, /^\[NEW\] [1-9]\d{3,4}\n$/);
    assert.equal(second, first);
  });

  test('gives out client ports of a range in order, lowest free first', async (t) => {
    const from = await freePorts(3);
    await serve(t, () => {}, { host: '127.0.0.1', port: from });
    const broker = await runBroker(t, ...BASIC, '--ports', `${from}-${from + 2}`);
    const first = await connectTo(t, broker.controlPort);
    const firstPort = await clientPortOf(broker, 1);
    assert.equal(firstPort, from + 1, 'the port in use is left out');
    await connectTo(t, broker.controlPort);
    assert.equal(await clientPortOf(broker, 2), from + 2);
    first.destroy();
    await broker.line(new RegExp(`Port ${firstPort} closed`));
    await connectTo(t, broker.controlPort);
    assert.equal(await clientPortOf(broker, 3), firstPort);

    const surplus = outcome(await connectTo(t, broker.controlPort));
    await broker.line(/no client port is free; widen --ports/);
    assert.equal((await surplus).ending, 'eof');
  });

  test('closes a registrant over --max-registrations', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--max-registrations', '1');
    await connectTo(t, broker.controlPort);
    await clientPortOf(broker);
    await outcome(await connectTo(t, broker.controlPort));
    await broker.line(/refused: too many registrations/);
  });

  test('warns that it lets everybody in unless it is bound to loopback', async (t) => {
    const open = runCli(t, 'relay-broker', ['0']);
    await open.line(/No access control: anyone who reaches the control port can open public ports/);
    const closed = await runBroker(t, ...BASIC);
    await connectTo(t, closed.controlPort);
    await clientPortOf(closed);
    assert.doesNotMatch(closed.output, /No access control/);
  });

  test('does not warn of it where it takes a token to register', async (t) => {
    const tokens = join(await emptyFolder(t), 'tokens');
    await writeFile(tokens, '{"version":1,"tokens":{}}', { mode: 0o600 });
    const guarded = runCli(t, 'relay-broker', ['0', '--tokens', tokens, '--log', 'json']);
    const [, port] = await guarded.line(/"event":"listening".*"port":(\d+)/);
    // What comes behind the warning, if there is one.
    await connectTo(t, Number(port));
    await guarded.line(/"cause":"basic-refused"/);
    assert.doesNotMatch(guarded.output, /No access control/);
  });

  test('takes every option from the environment, and the command line over it', async (t) => {
    const environment = { RELAY_PORT: '0', RELAY_HOST: '127.0.0.1', RELAY_LOG: 'json' };
    const broker = runCli(t, 'relay-broker', [], environment);
    const [, entry = ''] = await broker.line(/^(\{.*"event":"listening".*)$/);
    assert.equal(JSON.parse(entry).host, '127.0.0.1');
    const other = runCli(t, 'relay-broker', ['--log', 'pretty'], environment);
    await other.line(/Control connections on port \d+$/);
  });

  test('logs every connection from its arrival to its end with --verbose', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--verbose');
    const { client, server } = await pairThrough(t, broker);
    await broker.line(/client 1 arrived from 127\.0\.0\.1/);
    client.end();
    server.end();
    await broker.line(/client 1 ended, complete: 1 bytes in, 0 bytes out/);
  });

  test('refuses what it does not know with exit code 2 and a hint', async (t) => {
    for (const [args, says] of [
      [['8080', '--max-client', '5'], /unknown on the command line: --max-client/],
      [['8080', 'more'], /unknown on the command line: more/],
      [['80800'], /port: expected a port, 0 to 65535/],
      [['0', '--ports', '9-1'], /ports: expected <from>-<to>/],
      [[], /port is missing/],
    ] as const) {
      const broker = runCli(t, 'relay-broker', [...args]);
      assert.equal(await broker.exited, 2);
      assert.match(broker.output, says);
      assert.match(broker.output, /Try "relay-broker --help"/);
    }
  });

  test('says which port is taken, with exit code 1', async (t) => {
    const taken = await serve(t, () => {});
    const broker = runCli(t, 'relay-broker', [String(taken.port), '--host', '127.0.0.1']);
    assert.equal(await broker.exited, 1);
    assert.match(broker.output, new RegExp(`port ${taken.port}: the address is in use already`));
  });

  test('goes on when nobody reads its log any more', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--drain', '60');
    const { client, server } = await pairThrough(t, broker);
    broker.child.stdout?.destroy();
    broker.child.stderr?.destroy();
    broker.signal('SIGTERM');
    await untilRefused(t, broker.controlPort);
    client.end('question');
    assert.equal((await outcome(server)).data.toString(), 'question');
    server.end();
    assert.equal(await broker.exited, 0);
  });

  test('says by its exit code alone that nobody reads what it prints', async (t) => {
    for (const asked of [
      ['completions', 'bash'],
      ['0', '--print-config'],
    ]) {
      const program = runCli(t, 'relay-broker', asked);
      program.child.stdout?.destroy();
      assert.equal(await program.exited, 1, asked.join(' '));
      assert.equal(program.output, '');
    }
  });

  test('lets relayed connections finish on SIGTERM, and exits with 0', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--drain', '60');
    const { client, server } = await pairThrough(t, broker);
    broker.signal('SIGTERM');
    await broker.line(/Shutting down; 1 relayed connections may finish/);
    await untilRefused(t, broker.controlPort);
    client.end('question');
    assert.equal((await outcome(server)).data.toString(), 'question');
    const answered = outcome(client);
    server.end('answer');
    assert.deepEqual(await answered, { data: Buffer.from('answer'), ending: 'eof' });
    assert.equal(await broker.exited, 0);
  });

  for (const [how, drain] of [
    ['a second signal', '60'],
    ['the drain time', '0.1'],
  ] as const) {
    test(`resets what is left at ${how}, and still exits with 0`, async (t) => {
      const broker = await runBroker(t, ...BASIC, '--drain', drain);
      const { client, server } = await pairThrough(t, broker);
      const seen = Promise.all([outcome(client), outcome(server)]);
      broker.signal('SIGINT');
      await broker.line(/Shutting down/);
      if (drain === '60') broker.signal('SIGINT');
      assert.deepEqual(
        (await seen).map(({ ending }) => ending),
        ['ECONNRESET', 'ECONNRESET'],
      );
      assert.equal(await broker.exited, 0);
    });
  }
});
