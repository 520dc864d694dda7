import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { needs } from '../../support/needs.ts';
import { clientPortOf, Program, runBroker } from '../../support/program.ts';
import { connectTo, serve } from '../../support/tcp.ts';

/** How a call of epoll_wait(2) ends from the fifth on: none of Node's own, which are all of epoll_pwait(2). */
const FAILURE = 'epoll_wait:error=EBADF:when=5+';

const SAYS =
  /The data plane failed, and with it the connections it relayed: epoll_wait EBADF\. Start this program again/;

describe('a thread that fails', needs('strace'), () => {
  test('ends the broker, with exit code 1 and a reason', async (t) => {
    const broker = failing(t, 'dist/cli/relay-broker.js', '0', '--host', '127.0.0.1');
    const [, controlPort] = await broker.line(/Control connections on port (\d+)/);
    await connectTo(t, Number(controlPort));
    const port = await clientPortOf(broker);
    await knockUntilOver(t, broker, port);
    assert.equal(await broker.exited, 1);
    assert.match(broker.output, SAYS);
  });

  test('ends the agent, with exit code 1 and a reason', async (t) => {
    const echo = await serve(t, (socket) => socket.pipe(socket));
    const broker = await runBroker(t);
    const to = `127.0.0.1:${broker.controlPort}`;
    const agent = failing(t, 'dist/cli/relay-agent.js', String(echo.port), '--to', to);
    const port = await clientPortOf(broker);
    await knockUntilOver(t, agent, port);
    assert.equal(await agent.exited, 1);
    assert.match(agent.output, SAYS);
  });

  test("is an 'error' of the library's broker, and its end without a listener", async (t) => {
    const source = (listener: string) => `
      import { createBroker } from 'relay-broker';
      const broker = createBroker({ port: 0, host: '127.0.0.1', dataPlane: 'linux' });
      ${listener}
      broker.on('registered', ({ clientPort }) => console.log('clients', clientPort));
      const { port } = await broker.start();
      console.log('control', port);`;
    const heard = `broker.on('error', ({ name, code }) => {
      console.log(name, code);
      process.exit(7);
    });`;
    for (const [listener, code, says] of [
      [heard, 7, /^RelayError E_DATA_PLANE$/],
      ['', 1, /RelayError: The data plane failed/],
    ] as const) {
      const program = failing(t, '--input-type=module', '-e', source(listener));
      const [, controlPort] = await program.line(/^control (\d+)/);
      await connectTo(t, Number(controlPort));
      const [, port] = await program.line(/^clients (\d+)/);
      await knockUntilOver(t, program, Number(port));
      assert.equal(await program.exited, code);
      await program.line(says);
    }
  });
});

/** Runs Node so that the loops of the data plane fail after some turns. With `-D`, the process that is started is Node, not strace. */
function failing(t: TestContext, ...args: string[]): Program {
  const inject = ['-e', 'trace=epoll_wait', '-e', `inject=${FAILURE}`];
  const strace = ['-D', '-f', '--seccomp-bpf', '-o', '/dev/null', ...inject];
  return new Program(t, 'strace', [...strace, process.execPath, ...args]);
}

/** Each client is an event for the thread, which is one closer to its end. */
async function knockUntilOver(t: TestContext, program: Program, port: number): Promise<void> {
  let over = false;
  void program.exited.then(() => {
    over = true;
  });
  while (!over) {
    await connectTo(t, port).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
  }
}
