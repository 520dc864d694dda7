import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { isExpired, TokenBook } from '#src/broker/access/token-book.ts';
import { drawToken } from '#src/protocol/proof.ts';
import { emptyFolder } from '../../support/folder.ts';

const DAY = 86_400_000;
const ALICE = { token: drawToken('alice') };
const BOB = { token: drawToken('bob') };

/** A book on a file with these tokens, and what it told. */
async function openBook(t: TestContext, tokens: object) {
  const file = join(await emptyFolder(t), 'tokens.json');
  const write = (tokens: object, to = file) =>
    writeFile(to, JSON.stringify({ version: 1, tokens }), { mode: 0o600 });
  await write(tokens);
  const events = new EventEmitter<{ withdrawn: []; failed: [] }>();
  const told: string[] = [];
  const book = await TokenBook.open(file, {
    changed: () => {},
    withdrawn: ({ name }, why) => {
      told.push(`${name} ${why}`);
      events.emit('withdrawn');
    },
    failed: ({ code, message }) => {
      told.push(`${code} ${message.replaceAll(file, 'FILE')}`);
      events.emit('failed');
    },
  });
  t.after(() => book.close());
  return { file, write, book, told, next: (event: 'withdrawn' | 'failed') => once(events, event) };
}

describe('the book of tokens', { concurrency: true }, () => {
  test('a token is found by its name, and no other', async (t) => {
    const { book } = await openBook(t, { alice: ALICE });
    assert.equal(book.find('alice')?.token, ALICE.token);
    for (const name of ['bob', '', 'constructor']) assert.equal(book.find(name), undefined);
  });

  test('a file that cannot be used is refused at the start', async (t) => {
    await assert.rejects(openBook(t, { alice: {} }), {
      code: 'E_TOKENS',
      message: /tokens\.alice\.token: is missing/,
    });
  });

  test('a token that is taken out is revoked, others stay, and new ones come', async (t) => {
    const { book, write, told, next } = await openBook(t, { alice: ALICE, bob: BOB });
    const withdrawn = next('withdrawn');
    const carol = { token: drawToken('carol') };
    await write({ bob: { ...BOB, connections: 5 }, carol });
    await withdrawn;
    assert.deepEqual(told, ['alice revoked']);
    assert.equal(book.find('alice'), undefined);
    assert.equal(book.find('bob')?.limits.clients, 5);
    assert.equal(book.find('carol')?.token, carol.token);
  });

  test('a token with another secret is another one', async (t) => {
    const { book, write, told, next } = await openBook(t, { alice: ALICE });
    const withdrawn = next('withdrawn');
    const other = { token: drawToken('alice') };
    await write({ alice: other });
    await withdrawn;
    assert.deepEqual(told, ['alice revoked']);
    assert.equal(book.find('alice')?.token, other.token);
  });

  test('a file that takes the place of the first is noticed, and the next one too', async (t) => {
    const { file, write, told, next } = await openBook(t, { alice: ALICE, bob: BOB });
    for (const tokens of [{ bob: BOB }, {}]) {
      const withdrawn = next('withdrawn');
      await write(tokens, `${file}.new`);
      await rename(`${file}.new`, file);
      await withdrawn;
    }
    assert.deepEqual(told, ['alice revoked', 'bob revoked']);
  });

  test('a bad file is refused as a whole: nobody is withdrawn, nobody added', async (t) => {
    const { book, write, told, next } = await openBook(t, { alice: ALICE });
    const failed = next('failed');
    await write({ bob: { ...BOB, conections: 5 } });
    await failed;
    assert.equal(book.find('alice')?.token, ALICE.token);
    assert.equal(book.find('bob'), undefined);
    assert.deepEqual(told, [
      'E_TOKENS Cannot use the tokens file FILE: tokens.bob.conections: there is no such key. Correct it.',
    ]);
  });

  test('a deleted file is told of, and its tokens go on until there is another', async (t) => {
    const { file, book, write, told, next } = await openBook(t, { alice: ALICE });
    const failed = next('failed');
    await rm(file);
    await failed;
    assert.equal(book.find('alice')?.token, ALICE.token);
    assert.match(told[0] ?? '', /^E_TOKENS Cannot read the tokens file FILE: no such file/);
    const withdrawn = next('withdrawn');
    await write({});
    await withdrawn;
    assert.deepEqual(told.slice(1), ['alice revoked']);
  });

  test('a token that expires is told of, is still found, and is not revoked on top', async (t) => {
    const expires = new Date(Date.now() + 1000).toISOString();
    const { book, write, told, next } = await openBook(t, {
      alice: { ...ALICE, expires },
      bob: BOB,
    });
    await next('withdrawn');
    assert.deepEqual(told, ['alice expired']);
    const rights = book.find('alice') ?? assert.fail();
    assert.ok(isExpired(rights));
    const withdrawn = next('withdrawn');
    await write({});
    await withdrawn;
    assert.deepEqual(told, ['alice expired', 'bob revoked']);
  });

  test('a file that brings the end forward is told of with its own rights', async (t) => {
    const { book, write, told, next } = await openBook(t, { alice: ALICE });
    const withdrawn = next('withdrawn');
    await write({ alice: { ...ALICE, expires: '2001-01-01T00:00:00Z', cutConnections: true } });
    await withdrawn;
    assert.deepEqual(told, ['alice expired']);
    assert.equal(book.find('alice')?.cutsConnections, true);
  });
});

test('a token expires on its day, however far away, and anew when it was prolonged', async (t) => {
  const start = Date.now();
  t.mock.timers.enable({ apis: ['Date'], now: start });
  const after = (days: number) => start + days * DAY;
  const until = (days: number) => ({ ...ALICE, expires: new Date(after(days)).toISOString() });
  const { book, write, told, next } = await openBook(t, { alice: until(100), bob: BOB });
  const expires = async (days: number) => {
    const withdrawn = next('withdrawn');
    t.mock.timers.setTime(after(days) - 1);
    assert.ok(!isExpired(book.find('alice') ?? assert.fail()));
    t.mock.timers.setTime(after(days));
    await withdrawn;
  };
  await expires(100);
  assert.deepEqual(told, ['alice expired']);
  const revoked = next('withdrawn');
  await write({ alice: until(200) });
  await revoked;
  await expires(200);
  assert.deepEqual(told, ['alice expired', 'bob revoked', 'alice expired']);
});
