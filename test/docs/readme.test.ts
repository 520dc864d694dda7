import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { runCli } from '../support/program.ts';

const run = promisify(execFile);

describe('README.md', () => {
  for (const [name, least] of [
    ['relay-broker', 5],
    ['relay-agent', 5],
    ['relay-connect', 2],
  ] as const) {
    test(`names every option of ${name} with its variable and default`, async (t) => {
      const readme = await readFile('README.md', 'utf8');
      const section = readme.split(`### ${name} [`)[1]?.split('\n### ')[0] ?? '';
      const help = runCli(t, name, ['--help']);
      await help.exited;
      const options = [
        ...help.output.matchAll(/(--[a-z-]+)\S*\s.*\((RELAY_\w+)(?:, default (.*))?\)/g),
      ];
      assert.ok(options.length >= least, help.output);
      for (const [, flag, variable, fallback = ''] of options) {
        const row = section.split('\n').find((line) => line.startsWith(`| \`${flag}`)) ?? '';
        assert.ok(row.includes(`\`${variable}\``), `${flag} and ${variable} in: ${row}`);
        assert.ok(row.includes(fallback), `${flag} with default ${fallback} in: ${row}`);
      }
      const rows = section.split('\n').filter((line) => line.startsWith('| `--'));
      assert.equal(rows.length, options.length, 'rows for options that there are');
    });
  }

  test('shows library code that the type checker accepts', async (t) => {
    const readme = await readFile('README.md', 'utf8');
    const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
    const [imports = '', ...bodies] = blocks;
    assert.ok(bodies.length >= 3);
    const source = `${imports}
      import { createServer } from 'node:http';
      import { connect } from 'node:net';
      const control = connect(1) as { remoteAddress: string };
      const backConnectPort = 1;
      export { control, backConnectPort, connectByName, createAgent, createBroker, createPool, createServer, dialBackAndPipe };
      ${bodies.map((body) => `void (async () => {\n${body}\n});`).join('\n')}`;
    // Inside the project, so that its name resolves to it.
    await mkdir('build', { recursive: true });
    const folder = await mkdtemp(join('build', 'readme-'));
    t.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'blocks.ts'), source);
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
      include: ['blocks.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = await run('npx', ['tsc', '-p', folder]).catch((error) => error);
    assert.equal(stdout, '');
  });
});
