import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { needsNetworkOf } from '../test/support/needs.ts';

/**
 * `make test-fleet`: the scenarios, in namespaces for network and processes that are theirs alone. Takes options
 * of `node --test`, such as `--test-name-pattern 'a fleet|cut off'`.
 */

const { skip } = needsNetworkOf('nats-server', 'ip', 'nft', 'unshare');
if (skip) {
  console.log(`test-fleet is skipped: it ${skip}`);
  process.exit();
}

// With it ends all that was started, whatever becomes of the test.
const options = ['--net', '--pid', '--mount-proc', '--fork', '--kill-child'];
const test = spawn(
  'unshare',
  [
    ...[...options, process.execPath, '--import', 'tsx', '--test'],
    ...[...process.argv.slice(2), 'fleet/fleet.test.ts'],
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => test.kill('SIGKILL'));
const [status] = (await once(test, 'exit')) as [number | null];
process.exitCode = status ?? 1;
