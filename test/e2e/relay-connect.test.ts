import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { fakeNames } from '../support/fake-names.ts';
import { runCli } from '../support/program.ts';
import { connectTo, outcome, serve, untilRefused, visit } from '../support/tcp.ts';

const MIB = 1024 * 1024;

/** A relay that knows one service, `blog`, which the test is. */
function relayTo(t: TestContext, serveOne: (socket: Socket) => void) {
  return fakeNames(t, (name, socket) => {
    if (name !== 'blog') socket.end(name === 'away' ? 'OFFLINE\n' : 'NOEXIST\n');
    else {
      socket.write('CONNECTED\n');
      serveOne(socket);
    }
  });
}

const echo = (socket: Socket) => socket.pipe(socket);

/** The program on three pipes; killed, if it still runs, when the test ends. */
function pipes(t: TestContext, name: string, via: string) {
  const child = spawn(process.execPath, ['dist/cli/relay-connect.js', name, '--via', via]);
  t.after(() => child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  return { child, ended: once(child, 'close') as Promise<[number | null, string | null]> };
}

describe('relay-connect on stdin and stdout', () => {
  test('carries 32 MiB there and back, and nothing else', async (t) => {
    const relay = await relayTo(t, echo);
    const { child, ended } = pipes(t, 'blog', relay.via);
    const sent = randomBytes(32 * MIB);
    const [echoed, said] = [buffer(child.stdout), text(child.stderr)];
    child.stdin.end(sent);
    assert.ok((await echoed).equals(sent));
    assert.equal(await said, '');
    assert.deepEqual(await ended, [0, null]);
  });

  test('passes on the end of stdin, and hears what comes after it', async (t) => {
    const relay = await relayTo(t, async (socket) => {
      const { data, ending } = await outcome(socket);
      socket.end(`${data}, ${ending}`);
    });
    const { child, ended } = pipes(t, 'blog', relay.via);
    child.stdin.end('hello');
    assert.equal(await text(child.stdout), 'hello, eof');
    assert.deepEqual(await ended, [0, null]);
  });

  test('ends stdout when the service has ended, and sends what comes after it', async (t) => {
    let heard: Promise<{ data: Buffer; ending: string }> | undefined;
    const relay = await relayTo(t, (socket) => {
      heard = outcome(socket);
      socket.end('goodbye');
    });
    const { child, ended } = pipes(t, 'blog', relay.via);
    assert.equal(await text(child.stdout), 'goodbye');
    child.stdin.end('wait');
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(await heard, { data: Buffer.from('wait'), ending: 'eof' });
  });

  test('lets a service wait whose output nobody reads, without growing', async (t) => {
    let sent: Socket | undefined;
    const relay = await relayTo(t, (socket) => {
      sent = socket;
      for (let n = 0; n < 64; n += 1) socket.write(Buffer.alloc(MIB));
    });
    const { child } = pipes(t, 'blog', relay.via);
    await once(child.stdout, 'readable');
    // The other way is free meanwhile.
    assert.ok(sent !== undefined);
    const heard = outcome(sent);
    child.stdin.end('still here');
    assert.equal((await heard).data.toString(), 'still here');
    assert.ok(sent.writableLength > 32 * MIB, `${sent.writableLength} bytes are left`);
    sent.resetAndDestroy();
  });

  for (const [name, says] of [
    ['nobody', /^relay-connect: The relay at 127\.0\.0\.1:\d+ knows no service "nobody"/],
    ['away', /^relay-connect: The service "away" is not connected/],
  ] as const) {
    test(`fails with a text for a service that is ${name}`, async (t) => {
      const relay = await relayTo(t, echo);
      const { child, ended } = pipes(t, name, relay.via);
      const [out, err] = [text(child.stdout), text(child.stderr)];
      assert.deepEqual(await ended, [1, null]);
      assert.equal(await out, '');
      assert.match(await err, says);
    });
  }

  test('fails when the connection is reset, and gives what came before', async (t) => {
    const relay = await relayTo(t, (socket) => {
      socket.write('half a');
      socket.once('data', () => socket.resetAndDestroy());
    });
    const { child, ended } = pipes(t, 'blog', relay.via);
    const [out, err] = [text(child.stdout), text(child.stderr)];
    child.stdout.once('data', () => child.stdin.write('go on'));
    assert.deepEqual(await ended, [1, null]);
    assert.equal(await out, 'half a');
    assert.match(await err, /The connection with blog was reset/);
  });

  test('resets the service when nobody reads its output any more, and says nothing', async (t) => {
    let resetting: Promise<unknown[]> | undefined;
    const relay = await relayTo(t, (socket) => {
      resetting = once(socket, 'error');
      for (let n = 0; n < 64; n += 1) socket.write(Buffer.alloc(MIB));
    });
    const { child, ended } = pipes(t, 'blog', relay.via);
    const err = text(child.stderr);
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    assert.deepEqual(await ended, [1, null]);
    assert.equal(await err, '');
    const [error] = (await resetting) ?? [];
    assert.match(String(error), /ECONNRESET|EPIPE/);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`dies of ${signal} with a reset, which is no end for the service`, async (t) => {
      let seen: ReturnType<typeof outcome> | undefined;
      const relay = await relayTo(t, (socket) => {
        seen = outcome(socket);
        socket.write('x');
      });
      const { child, ended } = pipes(t, 'blog', relay.via);
      await once(child.stdout, 'data');
      child.kill(signal);
      assert.deepEqual(await ended, [null, signal]);
      assert.equal((await seen)?.ending, 'ECONNRESET');
    });
  }
});

describe('relay-connect --listen', () => {
  test('joins each connection to a port of this machine with the service', async (t) => {
    const relay = await relayTo(t, echo);
    const program = runCli(t, 'relay-connect', ['blog', '--via', relay.via, '--listen', '0']);
    const [, port] = await program.line(/Connections to 127\.0\.0\.1:(\d+) reach blog/);
    const visits = Array.from({ length: 50 }, (_, n) => visit(t, Number(port), `client ${n}`));
    const expected = visits.map((_, n) => `client ${n}`);
    assert.deepEqual(await Promise.all(visits), expected);
    await program.line(/Connection ended, complete: 8 bytes in, 8 bytes out/);
    program.signal('SIGTERM');
    assert.equal(await program.exited, 0);
  });

  test('resets and logs a connection that cannot be joined', async (t) => {
    const relay = await relayTo(t, echo);
    const program = runCli(t, 'relay-connect', ['away', '--via', relay.via, '--listen', '0']);
    const [, port] = await program.line(/Connections to 127\.0\.0\.1:(\d+) reach away/);
    assert.equal(await visit(t, Number(port), 'hello'), 'ECONNRESET');
    await program.line(/"away" is not connected .* The connection was reset\./);
  });

  test('lets connections finish on SIGTERM', async (t) => {
    const relay = await relayTo(t, echo);
    const program = runCli(t, 'relay-connect', ['blog', '--via', relay.via, '--listen', '0']);
    const [, port] = await program.line(/Connections to 127\.0\.0\.1:(\d+)/);
    const client = await connectTo(t, Number(port));
    client.write('x');
    await once(client, 'readable');
    program.signal('SIGTERM');
    await untilRefused(t, Number(port));
    const seen = outcome(client);
    client.end('y');
    assert.deepEqual(await seen, { data: Buffer.from('xy'), ending: 'eof' });
    assert.equal(await program.exited, 0);
  });

  test('listens where it is told to, and nowhere else', async (t) => {
    const relay = await relayTo(t, echo);
    const taken = await serve(t, () => {});
    const at = (listen: string) =>
      runCli(t, 'relay-connect', ['blog', '--via', relay.via, '--listen', listen]);
    for (const [listen, code, says] of [
      [`127.0.0.1:${taken.port}`, 1, /Cannot listen on 127\.0\.0\.1:\d+: the address is in use/],
      [String(taken.port), 1, /Cannot listen on 127\.0\.0\.1:\d+/],
      ['192.0.2.1:80', 1, /this machine has no such address/],
      ['65536', 2, /listen: expected a port, 0 to 65535/],
      ['localhost', 2, /listen: expected <port> or <host>:<port>/],
    ] as const) {
      const program = at(listen);
      assert.equal(await program.exited, code);
      assert.match(program.output, says);
    }
  });
});
