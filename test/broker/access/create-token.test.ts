import assert from 'node:assert/strict';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createToken } from '#src/broker/access/create-token.ts';
import { parseTokenFile } from '#src/broker/access/token-file.ts';
import { nameOfToken } from '#src/protocol/proof.ts';
import { emptyFolder } from '../../support/folder.ts';

async function place(t: TestContext) {
  const folder = await emptyFolder(t);
  const file = join(folder, 'tokens.json');
  const read = async () => String(await readFile(file));
  return { folder, file, read, tokens: async () => parseTokenFile(file, await read()) };
}

test('the first token makes the file, for its owner alone, and nothing else', async (t) => {
  const { folder, file, tokens } = await place(t);
  const token = await createToken(file, 'alice');
  assert.equal(nameOfToken(token), 'alice');
  assert.equal((await tokens()).get('alice')?.token, token);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(folder), ['tokens.json']);
});

test('another token leaves the others as they were, with all their rights', async (t) => {
  const { file, read, tokens } = await place(t);
  const alice = await createToken(file, 'alice');
  const written = JSON.parse(await read());
  Object.assign(written.tokens.alice, { ports: ['443'], connections: 5, cutConnections: true });
  await writeFile(file, JSON.stringify(written));
  const bob = await createToken(file, 'bob');
  assert.deepEqual(JSON.parse(await read()), {
    version: 1,
    tokens: {
      alice: { token: alice, ports: ['443'], connections: 5, cutConnections: true },
      bob: { token: bob },
    },
  });
  assert.notEqual(alice.slice('alice.'.length), bob.slice('bob.'.length));
  assert.equal((await tokens()).size, 2);
});

test('a name that is there already is refused, and its token stays', async (t) => {
  const { file, read } = await place(t);
  await createToken(file, 'alice');
  const before = await read();
  await assert.rejects(createToken(file, 'alice'), {
    code: 'E_TOKENS',
    message: /^There is a token named "alice" in .*tokens\.json/,
  });
  assert.equal(await read(), before);
});

test('what cannot be a name is refused before a file is made', async (t) => {
  const { folder, file } = await place(t);
  for (const name of ['', 'Alice', 'a.b', 'a b', '__proto__', 'a'.repeat(65), 'ä']) {
    await assert.rejects(createToken(file, name), { code: 'E_BAD_OPTION', message: /^name: / });
  }
  assert.deepEqual(await readdir(folder), []);
});

test('a file that is bad, or open to others, is refused and left as it is', async (t) => {
  const { folder, file, read } = await place(t);
  for (const [text, mode] of [
    ['{"version":1,"tokens":{}}', 0o644],
    ['{"version":1,"tokens":{"bob":{}}}', 0o600],
    ['{"version":1,"tok', 0o600],
    ['', 0o600],
  ] as const) {
    await writeFile(file, text);
    await chmod(file, mode);
    await assert.rejects(createToken(file, 'alice'), { code: 'E_TOKENS' });
    assert.equal(await read(), text);
    assert.deepEqual(await readdir(folder), ['tokens.json']);
  }
});

test('a folder that is not there is told of', async (t) => {
  const { folder } = await place(t);
  await assert.rejects(createToken(join(folder, 'none', 'tokens.json'), 'alice'), {
    code: 'E_TOKENS',
    message: /^Cannot write the tokens file .*: no such file/,
  });
});

test('of many made at a time none is lost', async (t) => {
  const { folder, file, tokens } = await place(t);
  const names = Array.from({ length: 10 }, (_, n) => `agent-${n}`);
  const made = await Promise.all(names.map((name) => createToken(file, name)));
  const found = await tokens();
  assert.deepEqual(
    names.map((name) => found.get(name)?.token),
    made,
  );
  assert.deepEqual(await readdir(folder), ['tokens.json']);
});

test('a lock that somebody has left is told of with its name, and not taken', async (t) => {
  const { file } = await place(t);
  await writeFile(`${file}.lock`, '');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  // What others have imported is the mock only now.
  syncBuiltinESMExports();
  const refused = assert.rejects(createToken(file, 'alice'), {
    code: 'E_TOKENS',
    message: /remove .*tokens\.json\.lock\.$/,
  });
  const clock = setInterval(() => t.mock.timers.tick(100), 1);
  t.after(() => clearInterval(clock));
  await refused;
  assert.ok(await stat(`${file}.lock`));
});
