import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { formatLeases, type Lease, parseLeases } from '#src/broker/leases/lease-file.ts';
import { LeaseStore } from '#src/broker/leases/lease-store.ts';
import { RelayError } from '#src/errors.ts';
import { emptyFolder } from '../../support/folder.ts';

const EMPTY = formatLeases([]);

async function open(t: TestContext, file: string | undefined): Promise<LeaseStore> {
  const store = await LeaseStore.open(file, (error) => assert.fail(error));
  t.after(() => store.close());
  return store;
}

function lease(n: number): Lease {
  return { keyHash: `${n}`.padStart(43, 'x'), port: 4000 + n, secured: false, limits: {} };
}

async function inFile(file: string): Promise<number[] | undefined> {
  return parseLeases(await readFile(file, 'utf8'))?.map(({ port }) => port);
}

function isStateError(text: RegExp) {
  return (error: unknown) =>
    error instanceof RelayError && error.code === 'E_STATE' && text.test(error.message);
}

test('what is kept is on disk, and the next broker has it', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  const store = await open(t, file);
  await store.keep(lease(1));
  await store.keep(lease(2));
  assert.deepEqual(await inFile(file), [4001, 4002]);
  store.drop(lease(1).keyHash);
  await store.close();
  assert.deepEqual((await open(t, file)).all(), [lease(2)]);
});

test('nobody else may read the file, whoever made it', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  const first = await open(t, file);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await first.close();
  await rm(file);
  await writeFile(file, '{"format":"relay-broker leases","version":1,"leases":[]}', {
    mode: 0o644,
  });
  await open(t, file);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('the key itself is not in the file', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  const store = await open(t, file);
  await store.keep(lease(1));
  const entry = JSON.parse(await readFile(file, 'utf8')).leases[0];
  assert.deepEqual(Object.keys(entry).sort(), ['keyHash', 'limits', 'port', 'secured']);
});

test('changes that come while the file is written are written together, and all are there', async (t) => {
  const path = await emptyFolder(t);
  const file = join(path, 'state');
  const store = await open(t, file);
  await Promise.all(Array.from({ length: 500 }, (_, n) => store.keep(lease(n))));
  assert.equal((await inFile(file))?.length, 500);
  assert.deepEqual(await readdir(path), ['state'], 'nothing is left beside it');
});

test('what is closed leaves the file as it is, whatever ends after that', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  const store = await open(t, file);
  await store.keep(lease(1));
  const closing = store.close();
  store.drop(lease(1).keyHash);
  await store.keep(lease(2));
  await closing;
  assert.deepEqual(await inFile(file), [4001]);
});

test('what is yet to be written when it is closed is written as it was then', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  const store = await open(t, file);
  const kept = [store.keep(lease(1)), store.keep(lease(2))];
  const closing = store.close();
  for (const n of [1, 2]) store.drop(lease(n).keyHash);
  await Promise.all([...kept, closing]);
  assert.deepEqual(await inFile(file), [4001, 4002]);
});

test('what was dropped right before the end is gone from the file', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  const store = await open(t, file);
  await store.keep(lease(1));
  store.drop(lease(1).keyHash);
  await store.close();
  assert.deepEqual(await inFile(file), []);
});

test('a symbolic link stays one, and both names are one file', async (t) => {
  const path = await emptyFolder(t);
  const [file, link] = [join(path, 'state'), join(path, 'link')];
  await writeFile(file, EMPTY);
  await symlink('state', link);
  const store = await open(t, link);
  await store.keep(lease(1));
  assert.deepEqual(await inFile(file), [4001]);
  await assert.rejects(open(t, file), isStateError(/Another broker uses/));
});

test('a file that is broken, foreign or cannot be read says what to do, and is left as it is', async (t) => {
  const path = await emptyFolder(t);
  const file = join(path, 'state');
  await writeFile(file, 'precious');
  await assert.rejects(
    open(t, file),
    isStateError(/holds no leases of this version.*move it away/s),
  );
  assert.equal(await readFile(file, 'utf8'), 'precious');
  await assert.rejects(open(t, path), isStateError(/Cannot read/));
  await assert.rejects(open(t, join(path, 'nowhere', 'state')), isStateError(/Cannot write/));
});

test('two brokers do not share a file, and the second may have it after the first', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  const first = await open(t, file);
  await assert.rejects(open(t, file), isStateError(/Another broker uses/));
  await first.close();
  await open(t, file);
});

test('a broker whose file was refused does not keep others from it', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  await writeFile(file, 'broken');
  await assert.rejects(open(t, file), isStateError(/holds no leases/));
  await rm(file);
  await open(t, file);
});

test('a disk that fails is told of, and holds nobody up', async (t) => {
  const path = await emptyFolder(t);
  await mkdir(join(path, 'sub'));
  const failures: Error[] = [];
  const store = await LeaseStore.open(join(path, 'sub', 'state'), (error) => failures.push(error));
  t.after(() => store.close());
  await rm(join(path, 'sub'), { recursive: true });
  await store.keep(lease(1));
  assert.equal(failures.length, 1);
  await mkdir(join(path, 'sub'));
  await store.keep(lease(2));
  assert.deepEqual(await inFile(join(path, 'sub', 'state')), [4001, 4002]);
  assert.equal(failures.length, 1);
});

test('without a file, leases are kept as long as the broker runs', async (t) => {
  const store = await open(t, undefined);
  await store.keep(lease(1));
  assert.deepEqual(store.all(), [lease(1)]);
});

test('what is lent is free for another, who may be given what is in it; what is taken back has all that changed', async (t) => {
  const file = join(await emptyFolder(t), 'state');
  const store = await open(t, file);
  await store.keep(lease(1));
  await store.lend();
  const other = await LeaseStore.open(file, (error) => assert.fail(error), [lease(3)]);
  assert.deepEqual(other.all(), [lease(3)]);
  assert.deepEqual(await inFile(file), [4003]);
  await store.keep(lease(2));
  assert.deepEqual(await inFile(file), [4003]);
  const back = store.takeBack();
  await other.close();
  await back;
  assert.deepEqual(await inFile(file), [4001, 4002]);
  await assert.rejects(
    LeaseStore.open(file, () => {}),
    isStateError(/Another broker uses/),
  );
});
