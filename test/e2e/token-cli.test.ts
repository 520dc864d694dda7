import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { nameOfToken } from '#src/protocol/proof.ts';
import { emptyFolder } from '../support/folder.ts';

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** `relay-broker` with these arguments, to its end. */
function relayBroker(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, NO_COLOR: '1', ...env } };
    const command = ['dist/cli/relay-broker.js', ...args];
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('a token is the one line on stdout, and in a file for its owner alone', async (t) => {
  const file = join(await emptyFolder(t), 'tokens.json');
  const { code, stdout, stderr } = await relayBroker([
    'token',
    'create',
    'alice',
    '--tokens',
    file,
  ]);
  const token = stdout.trimEnd();
  assert.equal(code, 0);
  assert.equal(stdout, `${token}\n`);
  assert.equal(nameOfToken(token), 'alice');
  assert.match(stderr, /^Added "alice" to .*tokens\.json/);
  assert.equal(JSON.parse(await readFile(file, 'utf8')).tokens.alice.token, token);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('processes that make tokens at a time lose none', async (t) => {
  const file = join(await emptyFolder(t), 'tokens.json');
  const env = { RELAY_TOKENS: file };
  const names = ['a', 'b', 'c', 'd'];
  const made = await Promise.all(names.map((name) => relayBroker(['token', 'create', name], env)));
  const { tokens } = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual(
    names.map((name) => tokens[name].token),
    made.map(({ stdout }) => stdout.trimEnd()),
  );
});

test('a name that is taken is a failure, without a second token', async (t) => {
  const file = join(await emptyFolder(t), 'tokens.json');
  const create = ['token', 'create', 'alice', '--tokens', file];
  await relayBroker(create);
  const { code, stdout, stderr } = await relayBroker(create);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^relay-broker token create: There is a token named "alice"/);
});

test('a wrong command line is told with exit code 2', async (t) => {
  const file = join(await emptyFolder(t), 'tokens.json');
  const cases: [args: string[], message: RegExp][] = [
    [['token', 'create', '--tokens', file], /name is missing/],
    [['token', 'create', 'alice'], /tokens is missing/],
    [['token', 'create', 'Alice', '--tokens', file], /name: expected 1 to 64 of the characters/],
    [['token', 'create', 'a', 'b', '--tokens', file], /unknown on the command line: b/],
    [
      ['token', 'create', 'a', '--tokens', file, '--port', '1'],
      /unknown on the command line: --port/,
    ],
    [['token', 'list'], /unknown on the command line: list/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await relayBroker(args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, message);
    assert.match(stderr, /--help/);
  }
  await assert.rejects(stat(file), { code: 'ENOENT' });
});

test('help tells of the command, and the command has its own', async () => {
  // Of a terminal that has colours; but this is none.
  const colourful = { NO_COLOR: '', CI: '', TEST: '', TERM: 'xterm' };
  const { stdout: help } = await relayBroker(['--help'], colourful);
  assert.ok(!help.includes('\x1b'), help);
  assert.match(help, /^COMMANDS\n\n(?: .+\n)* *token create {4}/m);
  const { code, stdout } = await relayBroker(['token', 'create', '--help']);
  assert.equal(code, 0);
  assert.match(stdout, /--tokens=<file>/);
});
