import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connectAgent, registerAgent } from '../support/extended-agent.ts';
import { emptyFolder } from '../support/folder.ts';
import { BASIC, clientPortOf, runBroker, runCli } from '../support/program.ts';
import { connectTo, portsToKeep } from '../support/tcp.ts';

describe('relay-broker --state', () => {
  test('has its leases back after kill -9, at once', async (t) => {
    const state = join(await emptyFolder(t), 'state');
    const options = ['--state', state, '--ports', await portsToKeep()];
    const killed = await runBroker(t, ...options);
    const registered = await Promise.all(
      Array.from({ length: 10 }, () => registerAgent(t, killed.controlPort)),
    );
    killed.signal('SIGKILL');
    await killed.exited;

    const started = await runBroker(t, ...options);
    await started.line(/Port \d+ open again for the agent that has its lease/, 10);
    for (const { granted: before } of registered) {
      await connectTo(t, before.port);
      const next = await connectAgent(t, started.controlPort);
      const { resumed, port } = await next.register({ resume: before.key });
      assert.deepEqual([resumed, port], [true, before.port]);
      await next.line('NEW');
    }
  });

  test('does not start on a file that it cannot understand, and says what to do', async (t) => {
    const file = join(await emptyFolder(t), 'no-such-folder', 'state');
    const broker = runCli(t, 'relay-broker', ['0', '--host', '127.0.0.1', '--state', file]);
    assert.equal(await broker.exited, 1);
    assert.match(broker.output, /Cannot write the state file/);
  });

  test('does not hold a registration of the basic protocol', async (t) => {
    const broker = await runBroker(t, ...BASIC);
    const control = await connectTo(t, broker.controlPort);
    const port = await clientPortOf(broker);
    control.destroy();
    await broker.line(new RegExp(`Port ${port} closed: the server closed its control connection`));
  });
});
