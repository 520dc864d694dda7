import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Program } from '../support/program.ts';

const run = promisify(execFile);

test('the packed tarball installs, runs by npx and imports with types', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-package-'));
  t.after(() => rm(folder, { recursive: true }));
  const npm = (args: string[], cwd: string) => run('npm', [...args, '--silent'], { cwd });
  // dist is built already; building it again here would pull it from under the other tests.
  await npm(['pack', '--ignore-scripts', '--pack-destination', folder], '.');
  await npm(['init', '--yes'], folder);
  await npm(['install', '--prefer-offline', './relay-broker-0.1.0.tgz'], folder);

  const file = join(folder, 'use.mjs');
  const use = `import { createBroker } from 'relay-broker';
    const broker = createBroker({ port: 0, host: '127.0.0.1' });
    console.log('port', (await broker.start()).port);
    await broker.close();`;
  await writeFile(file, use);
  const { stdout } = await run(process.execPath, [file]);
  assert.match(stdout, /^port \d+\n$/);

  const bin = join(folder, 'node_modules/.bin/relay-broker');
  const broker = new Program(t, bin, ['0', '--host', '127.0.0.1']);
  await broker.line(/Control connections on port \d+/);
  broker.signal('SIGTERM');
  assert.equal(await broker.exited, 0);
  const agent = await run(join(folder, 'node_modules/.bin/relay-agent'), ['--version']);
  assert.equal(agent.stdout.trim(), '0.1.0');
});

test('publint finds nothing wrong with the package', async () => {
  await run('npx', ['publint', '--strict', '--pack', 'false']);
});
