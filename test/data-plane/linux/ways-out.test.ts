import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Program } from '../../support/program.ts';

/** A thread that waits for events cannot be terminated, and Node waits for its threads before it exits. */
const TOO_LONG = { timeout: 60_000 };

/** A broker with a registration and a waiting client, then something that ends the process. */
const busy = (end: string) => `
  import { once } from 'node:events';
  import { connect } from 'node:net';
  import { createAgent, createBroker } from 'relay-broker';
  const host = '127.0.0.1';
  const broker = createBroker({ port: 0, host, dataPlane: 'linux', threads: 2 });
  const { port } = await broker.start();
  const agent = createAgent({ to: host + ':' + port, target: 1, dataPlane: 'linux' });
  const running = agent.run();
  const [{ clientPort }] = await once(broker, 'registered');
  const registrant = connect(port, host);
  await once(broker, 'registered');
  const failed = once(agent, 'connectionFailed');
  const client = connect(clientPort, host).on('error', () => {});
  await failed;
  console.log('ready');
  ${end}`;

/** The data plane alone, not closed, with nothing left to do. */
const unused = `
  import { LinuxDataPlane } from '#src/data-plane/linux/linux-data-plane.ts';
  const plane = new LinuxDataPlane(2, { warning() {}, failed() {} });
  const observer = { notify() {}, clientWaiting() {}, clientEnded() {} };
  const exchange = await plane.openExchange({
    host: '127.0.0.1',
    clientPort: 0,
    pairing: 'order',
    limits: { allow: [], deny: [], clients: 1, waiting: 1 },
    pairTimeout: 1000,
    halfCloseTimeout: 1000,
  }, observer);
  await exchange.stop();
  await exchange.finished;
  console.log('ready');`;

const closeAll = `
  registrant.destroy();
  client.destroy();
  await Promise.all([agent.close({ drain: 0 }), broker.close({ drain: 0 })]);
  await running;`;

describe('a process with threads of the data plane ends', () => {
  for (const [how, source, code, says] of [
    ['at process.exit()', busy('process.exit(3)'), 3, /^ready$/],
    ['at an uncaught exception', busy('throw new Error("for a test")'), 1, /for a test/],
    ['at a rejection nobody handles', busy('Promise.reject(new Error("late"))'), 1, /late/],
    ['at process.exit() of a listener', busy('setTimeout(() => process.exit(4))'), 4, /^ready$/],
    ['by itself, when all is closed', busy(closeAll), 0, /^ready$/],
    ['by itself, when the plane has nothing to do', unused, 0, /^ready$/],
  ] as const) {
    test(how, TOO_LONG, async (t) => {
      const program = new Program(t, process.execPath, ['--input-type=module', '-e', source]);
      await program.line(says);
      assert.equal(await program.exited, code, program.output);
    });
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`at ${signal}`, TOO_LONG, async (t) => {
      const program = new Program(t, process.execPath, ['--input-type=module', '-e', busy('')]);
      await program.line(/^ready$/);
      program.signal(signal);
      await program.exited;
      assert.equal(program.child.signalCode, signal);
    });
  }
});
