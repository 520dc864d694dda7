import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeBroker } from '../../support/fake-broker.ts';
import { emptyFolder } from '../../support/folder.ts';
import { runAgent } from '../../support/running-agent.ts';

const tokenOf = (name: string) => `${name}.${'x'.repeat(43)}`;

test('a token is read from its file, and anew for each registration', async (t) => {
  const tokenFile = join(await emptyFolder(t), 'token');
  const later = [tokenOf('bob'), 'nothing like a token'];
  const broker = await FakeBroker.start(t, {
    onRegister: ({ socket }) =>
      void writeFile(tokenFile, later.shift() ?? '').then(() => socket.destroy()),
  });
  await writeFile(tokenFile, `${tokenOf('alice')}\n`, { mode: 0o600 });
  const { next, told } = runAgent(t, { to: broker.to, tokenFile });
  await next('retrying');
  await next('retrying');
  assert.deepEqual(
    broker.controls.map(({ hello }) => hello.token),
    ['alice', 'bob'],
  );
  const [error] = await next('retrying');
  assert.equal(error.code, 'E_BAD_OPTION');
  assert.ok(!error.message.includes('nothing like'));
  assert.ok(!told.includes('notice'));
});

test('a token file that others can use is warned of, once', async (t) => {
  const broker = await FakeBroker.start(t, { token: tokenOf('alice') });
  const tokenFile = join(await emptyFolder(t), 'token');
  await writeFile(tokenFile, tokenOf('alice'));
  for (const mode of [0o644, 0o640, 0o602]) {
    await chmod(tokenFile, mode);
    const { agent, next, told } = runAgent(t, { to: broker.to, tokenFile });
    const [[code, message]] = await Promise.all([next('notice'), next('ready')]);
    assert.equal(code, 'token-file');
    assert.match(message, /chmod 600/);
    broker.registered.at(-1)?.socket.destroy();
    await next('ready');
    assert.equal(told.filter((name) => name === 'notice').length, 1);
    await agent.close();
  }
});

test('a token file that is not there is a mistake to mend first', async (t) => {
  const tokenFile = join(await emptyFolder(t), 'missing');
  const { over } = runAgent(t, { to: '127.0.0.1:1', tokenFile });
  await assert.rejects(over, { code: 'E_BAD_OPTION', message: /missing: no such file/ });
});

test('a token is given in one place', async () => {
  const { createAgent } = await import('relay-broker');
  const options = { to: 'a:1', target: 1, token: tokenOf('alice'), tokenFile: 'b' };
  assert.throws(
    () => createAgent(options),
    (error: Error) => !error.message.includes('xxx'),
  );
});
