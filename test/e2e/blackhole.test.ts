import { describe, type TestContext, test } from 'node:test';
import { needsNetworkOf } from '../support/needs.ts';
import { clientPortOf, PATIENT, Program } from '../support/program.ts';
import { blackhole, twoHosts } from '../support/two-hosts.ts';

const network = needsNetworkOf('ip', 'nft', 'python3');

// Most of it is waiting for what does not come.
describe('a registrant that vanished', { ...network, concurrency: true }, () => {
  test('with a notification on its way loses its registration if it is a basic one', async (t) => {
    const { broker, port } = await vanished(t, ({ controlPort, address }) => [
      ...['--import', 'tsx', 'test/interop/legacy-registrant.ts'],
      ...[controlPort, address],
    ]);
    await broker.line(
      new RegExp(`Port ${port} closed: the server no longer answers notifications`),
    );
  });

  test('has its registration held if it is an agent', async (t) => {
    const { broker, port } = await vanished(
      t,
      ({ controlPort, address }) => [
        ...['dist/cli/relay-agent.js', '1'],
        ...['--to', `${address}:${controlPort}`],
      ],
      PATIENT,
    );
    await broker.line(new RegExp(`Port ${port} held for 60 s: the agent was silent for too long`));
  });
});

/** A broker whose registrant, a program of Node, is gone from the network since a client came. */
async function vanished(
  t: TestContext,
  registrant: (relay: { controlPort: string; address: string }) => string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ broker: Program; port: number }> {
  const { near, far } = twoHosts(t);
  const run = ({ inside: [command = '', ...words] }: typeof near, ...args: string[]) =>
    new Program(t, command, [...words, ...args], env);
  const options = ['--pair-timeout', '1', '--heartbeat', '1'];
  const broker = run(near, process.execPath, 'dist/cli/relay-broker.js', '0', ...options);
  const [, controlPort = ''] = await broker.line(/Control connections on port (\d+)/);
  run(far, process.execPath, ...registrant({ controlPort, address: near.address }));
  const port = await clientPortOf(broker);

  blackhole(far);
  const connect = `import socket; s = socket.create_connection(("127.0.0.1", ${port})); s.recv(1)`;
  run(near, 'python3', '-c', connect);
  return { broker, port };
}
