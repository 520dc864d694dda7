import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { LineFile } from '#src/log/line-file.ts';
import { emptyFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

/** A file of lines in a folder of its own, and what was lost of it. */
async function lineFile(t: TestContext) {
  const path = join(await emptyFolder(t), 'lines');
  const told = { lost: 0, closed: 0, reasons: [] as string[] };
  const note = (reason: unknown) => told.reasons.push((reason as NodeJS.ErrnoException).message);
  const file = await LineFile.open(path, {
    lost: (count, reason) => {
      told.lost += count;
      note(reason);
    },
    notReopened: note,
    closed: () => {
      told.closed += 1;
    },
  });
  t.after(() => file.close());
  return { path, file, told };
}

/** Has writes go through this instead, with the real one as its first argument. */
async function replaceWrite(
  t: TestContext,
  write: (real: (part: Buffer) => Promise<unknown>, bytes: Buffer) => Promise<unknown>,
): Promise<void> {
  const probe = await open(process.execPath);
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const real = prototype.write as (part: Buffer) => Promise<unknown>;
  t.mock.method(prototype, 'write', function (this: FileHandle, bytes: Buffer, done: number) {
    return write((part) => real.call(this, part), bytes.subarray(done));
  });
}

async function has(path: string, text: string): Promise<void> {
  while ((await readFile(path, 'utf8')) !== text);
}

test('lines of one turn share a write, and each is there once and in order', async (t) => {
  const { path, file } = await lineFile(t);
  let writes = 0;
  await replaceWrite(t, (real, bytes) => {
    writes += 1;
    return real(bytes);
  });
  for (let n = 0; n < 1000; n += 1) file.append(String(n));
  await has(path, Array.from({ length: 1000 }, (_, n) => `${n}\n`).join(''));
  assert.equal(writes, 1);
  assert.equal((await stat(path)).mode & 0o777, 0o640 & ~process.umask());
});

test('what waits for a slow disk is bounded, and the rest is counted', async (t) => {
  const { path, file, told } = await lineFile(t);
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  let isHeld = false;
  await replaceWrite(t, async (real, bytes) => {
    isHeld = true;
    await gate;
    return real(bytes);
  });
  file.append('first');
  await until(() => isHeld);
  const line = 'x'.repeat(1024 * 1024);
  for (let n = 0; n < 10; n += 1) file.append(line);
  assert.equal(told.lost, 6);
  go();
  await until(() => told.lost === 6 && isHeld);
  await has(path, `first\n${`${line}\n`.repeat(4)}`);
});

test('a disk that is full costs the lines that it has no room for, and no more', async (t) => {
  const { path, file, told } = await lineFile(t);
  let room = 'one\ntw'.length;
  await replaceWrite(t, async (real, bytes) => {
    if (room === 0) throw new Error('full');
    const part = bytes.subarray(0, room);
    room -= part.length;
    return real(part);
  });
  for (const line of ['one', 'two', 'three']) file.append(line);
  await until(() => told.lost > 0);
  assert.deepEqual(told, { lost: 2, closed: 0, reasons: ['full'] });
  room = 100;
  file.append('four');
  await has(path, 'one\ntw\nfour\n');
  assert.equal(told.lost, 2);
});

test('when it is opened again, lines go into a new file of that name', async (t) => {
  const { path, file } = await lineFile(t);
  file.append('old');
  await has(path, 'old\n');
  await rename(path, `${path}.1`);
  file.reopen();
  file.append('new');
  await until(() => existsSync(path));
  await has(path, 'new\n');
  assert.equal(await readFile(`${path}.1`, 'utf8'), 'old\n');
});

test('where it cannot be opened again, the file of before goes on', async (t) => {
  const { path, file, told } = await lineFile(t);
  await rename(path, `${path}.1`);
  await mkdir(path);
  file.reopen();
  await until(() => told.reasons.length > 0);
  file.append('still here');
  await has(`${path}.1`, 'still here\n');
});

test('at the end of the process, what waits is written at once', async (t) => {
  const { path, file, told } = await lineFile(t);
  file.append('last');
  file.flush();
  assert.equal(await readFile(path, 'utf8'), 'last\n');
  await file.close();
  file.flush();
  assert.deepEqual(told, { lost: 0, closed: 1, reasons: [] });
});
