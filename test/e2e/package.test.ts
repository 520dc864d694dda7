import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { emptyFolder } from '../support/folder.ts';
import { Program } from '../support/program.ts';
import { serve, visit } from '../support/tcp.ts';

const run = promisify(execFile);

interface Packed {
  filename: string;
  files: { path: string }[];
}

/** Everything that belongs into the package. */
const BELONGS = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  // Source maps lead from the one to the other.
  /^dist\/.*\.(js|js\.map|d\.ts)$/,
  /^src\/(?!admin\/page\/).*\.ts$/,
  /^dist\/admin\/page\/[\w.-]+$/,
  /^dist\/man\/relay-[\w-]+\.1$/,
  /^docs\/.*\.(md|json|svg|png)$/,
  /^packaging\/systemd\/relay-[\w@-]+\.(service|socket)$/,
];

/** What nobody would miss before it is used. */
const NEEDED = [
  'dist/index.d.ts',
  'dist/admin/page/index.html',
  'dist/man/relay-agent.1',
  'docs/schema/relay-broker.schema.json',
  'packaging/systemd/relay-broker.service',
];

/** Packs what is built already: building it again here would pull it from under the other tests. */
async function pack(folder: string): Promise<Packed> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [packed] = JSON.parse((await run('npm', args)).stdout) as Packed[];
  assert.ok(packed);
  return packed;
}

test('the packed tarball has all that is used of it, installs, and works', async (t) => {
  const folder = await emptyFolder(t);
  const { filename, files } = await pack(folder);
  const paths = files.map(({ path }) => path);
  const superfluous = paths.filter((path) => !BELONGS.some((pattern) => pattern.test(path)));
  assert.deepEqual(superfluous, []);
  assert.deepEqual(
    NEEDED.filter((path) => !paths.includes(path)),
    [],
  );

  const install = ['install', '--global', '--prefix', folder, '--prefer-offline', '--silent'];
  await run('npm', [...install, join(folder, filename)]);
  const program = (name: string) => join(folder, 'bin', name);

  for (const name of ['relay-broker', 'relay-agent', 'relay-connect']) {
    const [help, version] = await Promise.all([
      run(program(name), ['--help']),
      run(program(name), ['--version']),
    ]);
    assert.ok(help.stdout.includes(`(${name} v${version.stdout.trim()})`), help.stdout);
    await access(join(folder, `share/man/man1/${name}.1`));
  }

  const echo = await serve(t, (socket) => socket.pipe(socket));
  const broker = new Program(t, program('relay-broker'), ['0', '--host', '127.0.0.1']);
  const [, control] = await broker.line(/Control connections on port (\d+)/);
  const to = ['--to', `127.0.0.1:${control}`];
  const agent = new Program(t, program('relay-agent'), [String(echo.port), ...to]);
  const [, port] = await agent.line(/^127\.0\.0\.1:(\d+)$/);
  assert.equal(await visit(t, Number(port), 'hello'), 'hello');
  for (const running of [agent, broker]) {
    running.signal('SIGTERM');
    assert.equal(await running.exited, 0);
  }

  const file = join(folder, 'lib/use.mjs');
  const use = `import { createBroker } from 'relay-broker';
    const broker = createBroker({ port: 0, host: '127.0.0.1' });
    console.log('port', (await broker.start()).port);
    await broker.close();`;
  await writeFile(file, use);
  assert.match((await run(process.execPath, [file])).stdout, /^port \d+\n$/);
});

test('publint finds nothing wrong with the package', async () => {
  await run('npx', ['publint', '--strict', '--pack', 'false']);
});
