import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { RelayError } from '#src/errors.ts';
import { WatchedFiles } from '#src/watched-files.ts';

/** Two files that mean something together when they begin with the same letter. */
async function watch(t: TestContext, files: [string, string]) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const seen: unknown[] = [];
  const source = {
    read: async () => {
      if (files.includes('gone')) throw new RelayError('E_TLS', 'gone');
      return files.map((text) => Buffer.from(text));
    },
    parse: ([one, other]: Buffer[]) => {
      if (one?.[0] !== other?.[0]) throw new RelayError('E_TLS', `${one} and ${other}`);
      return `${one} ${other}`;
    },
  };
  const watched = await WatchedFiles.open(source, {
    changed: (now, before) => seen.push([now, before]),
    failed: ({ message }) => seen.push(message),
  });
  t.after(() => watched.close());
  const look = async (times = 1) => {
    for (let n = 0; n < times; n += 1) {
      t.mock.timers.tick(500);
      await new Promise(setImmediate);
    }
  };
  return { watched, seen, look };
}

describe('watched files', () => {
  test('what they mean is known at once, and told only when it changes', async (t) => {
    const files: [string, string] = ['a1', 'a2'];
    const { watched, seen, look } = await watch(t, files);
    assert.equal(watched.value, 'a1 a2');
    await look(3);
    assert.deepEqual(seen, []);
    files[1] = 'a3';
    await look(3);
    assert.deepEqual(seen, [['a1 a3', 'a1 a2']]);
    assert.equal(watched.value, 'a1 a3');
  });

  test('files that cannot be used from the start are refused', async (t) => {
    await assert.rejects(watch(t, ['a', 'b']), { code: 'E_TLS', message: 'a and b' });
  });

  test('files of one change may be written one after the other', async (t) => {
    const files: [string, string] = ['a', 'a'];
    const { watched, seen, look } = await watch(t, files);
    files[0] = 'b';
    await look(5);
    assert.equal(watched.value, 'a a');
    files[1] = 'b';
    await look(2);
    assert.deepEqual(seen, [['b b', 'a a']]);
  });

  test('a file that is being written is not taken at half its word', async (t) => {
    const files: [string, string] = ['a1', 'a2'];
    const { watched, seen, look } = await watch(t, files);
    files[1] = 'a';
    await look();
    files[1] = 'a2';
    await look(3);
    assert.deepEqual(seen, []);
    files[1] = 'a';
    await look();
    files[1] = 'a3';
    await look();
    assert.equal(watched.value, 'a1 a2');
    await look();
    assert.deepEqual(seen, [['a1 a3', 'a1 a2']]);
  });

  test('a fault that stays is told once, and what was meant before goes on', async (t) => {
    const files: [string, string] = ['a', 'a'];
    const { watched, seen, look } = await watch(t, files);
    files[0] = 'b';
    await look(20);
    assert.deepEqual(seen, ['b and a']);
    assert.equal(watched.value, 'a a');
    files[1] = 'gone';
    await look(20);
    assert.deepEqual(seen, ['b and a', 'gone']);
    assert.equal(watched.value, 'a a');
  });

  test('a fault that comes back after it was gone is told again', async (t) => {
    const files: [string, string] = ['a', 'a'];
    const { seen, look } = await watch(t, files);
    for (let n = 0; n < 2; n += 1) {
      files[0] = 'b';
      await look(10);
      files[0] = 'a';
      await look();
    }
    assert.deepEqual(seen, ['b and a', 'b and a']);
  });

  test('asked to look, they tell of a change or a fault without delay, and of that once more each time', async (t) => {
    const files: [string, string] = ['a', 'a'];
    const { watched, seen, look } = await watch(t, files);
    files[0] = 'b';
    assert.equal(await watched.look(), false);
    assert.deepEqual(seen, ['b and a']);
    await look(20);
    assert.deepEqual(seen, ['b and a']);
    await watched.look();
    assert.deepEqual(seen, ['b and a', 'b and a']);
    files[1] = 'b';
    assert.equal(await watched.look(), true);
    assert.deepEqual(seen.at(-1), ['b b', 'a a']);
  });

  test('nothing is told once they are closed, not even of a look under way', async (t) => {
    const files: [string, string] = ['a', 'a'];
    const { watched, seen, look } = await watch(t, files);
    files[0] = 'a1';
    await look();
    t.mock.timers.tick(200);
    watched.close();
    await look(3);
    assert.deepEqual(seen, []);
  });
});
