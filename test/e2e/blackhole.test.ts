import { test } from 'node:test';
import { needsNetworkOf } from '../support/needs.ts';
import { clientPortOf, Program } from '../support/program.ts';
import { blackhole, twoHosts } from '../support/two-hosts.ts';

test('a registrant that vanished with a notification on its way loses its registration', {
  ...needsNetworkOf('ip', 'nft', 'python3'),
}, async (t) => {
  const { near, far } = twoHosts(t);
  const run = ({ inside: [command = '', ...words] }: typeof near, ...args: string[]) =>
    new Program(t, command, [...words, ...args]);
  const broker = run(
    near,
    process.execPath,
    'dist/cli/relay-broker.js',
    '0',
    '--pair-timeout',
    '1',
  );
  const [, controlPort = ''] = await broker.line(/Control connections on port (\d+)/);
  const relay = `${near.address}:${controlPort}`;
  run(far, process.execPath, 'dist/cli/relay-agent.js', '1', '--to', relay);
  const port = await clientPortOf(broker);

  blackhole(far);
  const connect = `import socket; s = socket.create_connection(("127.0.0.1", ${port})); s.recv(1)`;
  run(near, 'python3', '-c', connect);
  await broker.line(new RegExp(`Port ${port} closed: the server no longer answers notifications`));
});
