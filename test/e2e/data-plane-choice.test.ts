import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { installation } from '../support/installation.ts';
import { BASIC, clientPortOf, PATIENT, Program, runBroker, runCli } from '../support/program.ts';
import { connectTo, outcome, serve } from '../support/tcp.ts';

const onLinux = { skip: process.platform !== 'linux' && 'needs Linux' };

describe('--data-plane', onLinux, () => {
  test('auto is linux, and says so with the number of threads', async (t) => {
    const broker = await runBroker(t, '--threads', '3');
    await broker.line(/Data plane: linux \(up to 3 threads\)/);
  });

  test('portable is Node alone', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--data-plane', 'portable');
    await broker.line(/Data plane: portable \(asked for\)/);
    await registered(t, broker);
    const threads = await threadsOf(broker);
    await registered(t, broker, 2);
    assert.equal(await threadsOf(broker), threads);
  });

  test('auto without koffi is portable, says why, and relays', async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const folder = await installation(t, { optional: false });
    const broker = run(t, folder, 'relay-broker', '0', '--host', '127.0.0.1');
    await broker.line(/Data plane: portable \(the optional package koffi is not installed\)/);
    const [, port] = await broker.line(/Control connections on port (\d+)/);
    const agent = run(t, folder, 'relay-agent', String(echo.port), '--to', `127.0.0.1:${port}`);
    await agent.line(/Data plane: portable \(the optional package koffi is not installed\)/);
    const client = await connectTo(t, await clientPortOf(broker));
    const echoed = outcome(client);
    client.end('hello');
    assert.equal((await echoed).data.toString(), 'hello');
  });

  test('linux without koffi ends the program with exit code 1 and says what to do', async (t) => {
    const folder = await installation(t, { optional: false });
    for (const [name, ...args] of [
      ['relay-broker', '0', '--host', '127.0.0.1'],
      ['relay-agent', '1', '--to', '127.0.0.1:1'],
    ] as const) {
      const program = run(t, folder, name, ...args, '--data-plane', 'linux');
      assert.equal(await program.exited, 1);
      assert.match(program.output, /koffi is not installed/);
      assert.match(
        program.output,
        /Leave the choice to the program \(auto\), or ask for the portab/,
      );
      assert.equal(program.lines.length, 1, program.output);
    }
  });

  test('that is none is refused with exit code 2, as is a number of threads', async (t) => {
    for (const [name, ...args] of [
      ['relay-broker', '0', '--data-plane', 'fast'],
      ['relay-agent', '1', '--to', '127.0.0.1:1', '--data-plane', 'fast'],
      ['relay-broker', '0', '--threads', '0'],
      ['relay-broker', '0', '--threads', 'many'],
    ] as const) {
      const program = runCli(t, name, args);
      assert.equal(await program.exited, 2);
      assert.match(program.output, /: (dataPlane: expected auto, linux or portable|threads: )/);
    }
  });

  test('linux starts a thread for each registration, up to --threads', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--data-plane', 'linux', '--threads', '2');
    const atFirst = await threadsOf(broker);
    for (const [registrations, threads] of [
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 2],
    ] as const) {
      await registered(t, broker, registrations);
      assert.equal((await threadsOf(broker)) - atFirst, threads);
    }
  });

  test('linux fills threads that have become idle before it starts another', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--data-plane', 'linux', '--threads', '4');
    const first = await registered(t, broker);
    const threads = await threadsOf(broker);
    first.control.destroy();
    await broker.line(new RegExp(`Port ${first.port} closed`));
    await registered(t, broker, 2);
    assert.equal(await threadsOf(broker), threads);
  });

  test('more threads than Node likes listeners are no reason to warn', async (t) => {
    const broker = await runBroker(t, ...BASIC, '--data-plane', 'linux', '--threads', '12');
    await Promise.all(Array.from({ length: 12 }, (_, n) => registered(t, broker, n + 1)));
    broker.signal('SIGTERM');
    assert.equal(await broker.exited, 0);
    assert.doesNotMatch(broker.output, /MaxListeners|leak/);
  });
});

function run(t: TestContext, folder: string, name: string, ...args: string[]): Program {
  return new Program(t, process.execPath, [join(folder, `dist/cli/${name}.js`), ...args], PATIENT);
}

async function registered(t: TestContext, broker: Awaited<ReturnType<typeof runBroker>>, nth = 1) {
  const control = await connectTo(t, broker.controlPort);
  return { control, port: await clientPortOf(broker, nth) };
}

async function threadsOf({ pid }: Program): Promise<number> {
  return (await readdir(`/proc/${pid}/task`)).length;
}
