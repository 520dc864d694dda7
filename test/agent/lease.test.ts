import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { AgentOptions } from 'relay-broker';
import { FakeBroker, KEY } from '../support/fake-broker.ts';
import { emptyFolder } from '../support/folder.ts';
import { runAgent } from '../support/running-agent.ts';

test('an agent that lost its relay claims its port back, soon and by its key', async (t) => {
  const broker = await FakeBroker.start(t);
  const { next } = runAgent(t, { to: broker.to });
  await next('ready');
  (await broker.agent()).socket.destroy();
  const [, pause] = await next('retrying');
  assert.ok(pause <= 1000);
  const [grant] = await next('ready');
  assert.equal(grant.resumed, true);
  const { register } = await broker.agent(2);
  assert.deepEqual(register, { preferredPort: 4000, resume: KEY, limits: {} });
});

test('while the lease runs, it tries again every second at least, and afterwards more rarely', async (t) => {
  const broker: FakeBroker = await FakeBroker.start(t, {
    registered: { lease: 3 },
    onRegister: (control) => {
      if (broker.registered.length === 0) broker.answerRegister(control);
      else control.socket.destroy();
    },
  });
  const { agent, next } = runAgent(t, { to: broker.to });
  await next('ready');
  const lost = performance.now();
  (await broker.agent()).socket.destroy();
  const pauses: { pause: number; at: number }[] = [];
  agent.on('retrying', (_, pause) => pauses.push({ pause, at: performance.now() - lost }));
  while (pauses.every(({ pause }) => pause <= 1000)) await next('retrying');
  for (const { pause, at } of pauses) assert.ok(at > 2900 || pause <= 1000, `${pause} at ${at}`);
});

describe('with a state file', () => {
  const stateFile = async (t: TestContext) => join(await emptyFolder(t), 'state.json');

  async function registerOf(t: TestContext, broker: FakeBroker, options: Partial<AgentOptions>) {
    const { next, agent } = runAgent(t, { to: broker.to, ...options });
    await next('ready');
    await agent.close();
    return broker.registered.at(-1)?.register;
  }

  test('the next agent has the port of the last, and the file is for its owner alone', async (t) => {
    const broker = await FakeBroker.start(t);
    const state = await stateFile(t);
    assert.deepEqual(await registerOf(t, broker, { state }), { limits: {} });
    assert.deepEqual(JSON.parse(await readFile(state, 'utf8')), {
      to: broker.to,
      key: KEY,
      port: 4000,
    });
    assert.equal((await stat(state)).mode & 0o777, 0o600);
    const again = { preferredPort: 4000, resume: KEY, limits: {} };
    assert.deepEqual(await registerOf(t, broker, { state }), again);
  });

  test('the key is there by the time that the address is told', async (t) => {
    const broker = await FakeBroker.start(t);
    const state = await stateFile(t);
    const { agent, next } = runAgent(t, { to: broker.to, state });
    const read = new Promise<string>((resolve, reject) => {
      agent.on('ready', () => readFile(state, 'utf8').then(resolve, reject));
    });
    await next('ready');
    assert.match(await read, new RegExp(KEY));
  });

  test('a key is never told to another relay', async (t) => {
    const state = await stateFile(t);
    const first = await FakeBroker.start(t);
    await registerOf(t, first, { state });
    const other = await FakeBroker.start(t, { registered: { key: 'o'.repeat(43) } });
    assert.deepEqual(await registerOf(t, other, { state }), { limits: {} });
    assert.match(await readFile(state, 'utf8'), /oooo/);
    assert.deepEqual(await registerOf(t, first, { state }), { limits: {} });
  });

  test('a port that is no longer wanted is not claimed', async (t) => {
    const broker = await FakeBroker.start(t);
    const state = await stateFile(t);
    await registerOf(t, broker, { state });
    for (const [wish, isSame] of [
      [{ port: 4001 }, false],
      [{ ports: '4001-4002' }, false],
      [{ port: 4000 }, true],
      [{ ports: '3999-4000' }, true],
    ] as const) {
      const register = await registerOf(t, broker, { state, ...wish });
      assert.equal(register?.resume, isSame ? KEY : undefined, JSON.stringify(wish));
    }
  });

  test('what was another name, or not shared, is not claimed', async (t) => {
    const broker: FakeBroker = await FakeBroker.start(t, {
      onRegister: (control) => broker.answerRegister(control, { name: control.register.name }),
    });
    const state = await stateFile(t);
    const resumes = async (wish: Partial<AgentOptions>) =>
      (await registerOf(t, broker, { state, ...wish }))?.resume === KEY;
    assert.equal(await resumes({ name: 'blog' }), false);
    assert.equal(await resumes({ name: 'blog' }), true);
    assert.equal(await resumes({ name: 'shop' }), false);
    assert.equal(await resumes({ name: 'shop', group: true }), false);
    assert.equal(await resumes({ name: 'shop', group: true }), true);
    assert.equal(await resumes({}), false);
  });

  for (const [what, content] of [
    ['empty', ''],
    ['cut short', `{"to":"127.0.0.1:1","key":"${KEY}`],
    ['of another shape', '{"to":1,"key":[],"port":"4000"}'],
    ['a list', '[]'],
    ['with a key that no line may hold', `{"to":"TO","key":"${'k'.repeat(9000)}","port":4000}`],
    ['with a port that is none', `{"to":"TO","key":"${KEY}","port":400000}`],
  ] as const) {
    test(`a file that is ${what} is said to be so, and written anew`, async (t) => {
      const broker = await FakeBroker.start(t);
      const state = await stateFile(t);
      await writeFile(state, content.replace('TO', broker.to));
      const { agent, next } = runAgent(t, { to: broker.to, state });
      const [[code, message]] = await Promise.all([next('notice'), next('ready')]);
      assert.equal(code, 'state-file');
      assert.match(message, /is written anew/);
      await agent.close();
      assert.deepEqual((await broker.agent()).register, { limits: {} });
      assert.equal(JSON.parse(await readFile(state, 'utf8')).key, KEY);
    });
  }

  test('a file that cannot be read is a mistake to mend first', async (t) => {
    const folder = await stateFile(t);
    await mkdir(folder);
    const { over } = runAgent(t, { to: '127.0.0.1:1', state: folder });
    await assert.rejects(over, { code: 'E_STATE' });
  });

  test('a file that cannot be written does not keep clients out', async (t) => {
    const broker = await FakeBroker.start(t);
    const state = join(await emptyFolder(t), 'missing', 'state.json');
    const { next } = runAgent(t, { to: broker.to, state });
    const [[code, message]] = await Promise.all([next('notice'), next('ready')]);
    assert.equal(code, 'state-file');
    assert.match(message, /Cannot write/);
  });
});
