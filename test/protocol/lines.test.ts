import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { isTooLong, lineSplitter, MAX_LINE } from '#src/protocol/lines.ts';
import { inChunks } from '../support/chunks.ts';
import fc from '../support/properties.ts';

/** What came of a stream that was written in these chunks, one right after the other. */
function split(chunks: Uint8Array[]): Promise<{ lines: string[]; error: unknown }> {
  const splitter = lineSplitter();
  const lines: string[] = [];
  return new Promise((resolve) => {
    splitter.on('data', (line: string) => lines.push(line));
    splitter.once('error', (error) => resolve({ lines, error }));
    splitter.once('end', () => resolve({ lines, error: undefined }));
    for (const chunk of chunks) splitter.write(chunk);
    splitter.end();
  });
}

/** Writes and resolves once the chunk is taken, with the error if there was one. */
function write(splitter: Duplex, chunk: string): Promise<unknown> {
  return new Promise((resolve) => splitter.write(chunk, resolve));
}

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
  fc.constantFrom('\n', '\r\n', '\n\n', '[NEW] 4000\n').map((text) => Buffer.from(text)),
  fc.integer({ min: MAX_LINE - 30, max: MAX_LINE + 2 }).map((n) => Buffer.alloc(n, 'x')),
);

const stream = fc.record({
  bytes: fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.concat(pieces)),
  sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.nat(5000)), { maxLength: 30 }),
});

test('a stream gives the same lines however it is cut, or fails because one is too long', async () => {
  let failed = 0;
  let passed = 0;
  const property = fc.asyncProperty(stream, async ({ bytes, sizes }) => {
    // A character that is cut off at the end is no part of the rest yet.
    const whole = new StringDecoder('utf8').write(bytes).split('\n');
    const rest = whole.pop() ?? '';
    const { lines, error } = await split(inChunks(bytes, sizes));
    if ([...whole, rest].some((line) => line.length > MAX_LINE)) {
      assert.ok(isTooLong(error));
      assert.deepEqual(lines, whole.slice(0, lines.length));
      assert.ok(lines.every((line) => line.length <= MAX_LINE));
      failed += 1;
    } else {
      assert.equal(error, undefined);
      assert.deepEqual(lines, whole);
      passed += 1;
    }
  });
  await fc.assert(property, { numRuns: 500 });
  assert.ok(failed > 20 && passed > 20, 'both outcomes were tried');
});

test('a line of the greatest length passes, and one character more is too long', async () => {
  const longest = 'x'.repeat(MAX_LINE);
  assert.deepEqual(await split([Buffer.from(`${longest}\n`)]), {
    lines: [longest],
    error: undefined,
  });
  const { lines, error } = await split([Buffer.from(`${longest}x\n`)]);
  assert.deepEqual(lines, []);
  assert.ok(isTooLong(error));
});

test('a line without end is refused with the chunk that makes it too long', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 60 });
  const property = fc.asyncProperty(sizes, async (chunks) => {
    const splitter = lineSplitter().on('error', () => {});
    splitter.resume();
    let held = 0;
    for (const size of chunks) {
      held += size;
      const error = await write(splitter, 'x'.repeat(size));
      assert.equal(isTooLong(error), held > MAX_LINE, `${held} characters held`);
      if (held > MAX_LINE) break;
    }
    splitter.destroy();
  });
  await fc.assert(property);
});

test('what has not ended when the stream ends is no line', async () => {
  const { lines } = await split([Buffer.from('[NEW] 40123\n[NEW] 40')]);
  assert.deepEqual(lines, ['[NEW] 40123']);
});

test('a line that ended makes room for the next one', async () => {
  const splitter = lineSplitter();
  splitter.resume();
  for (let n = 0; n < 20; n += 1) {
    assert.ok(!(await write(splitter, `${'x'.repeat(MAX_LINE - 1)}`)));
    assert.ok(!(await write(splitter, 'x\n')));
  }
  splitter.destroy();
});

test('a character cut in two arrives whole', async () => {
  const bytes = Buffer.from('aé€😀\n');
  const everyByte = [...bytes].map((byte) => Uint8Array.of(byte));
  assert.deepEqual((await split(everyByte)).lines, ['aé€😀']);
});

test('lines that nobody takes make the writer wait', async () => {
  const splitter = lineSplitter();
  let taken = 0;
  for (let n = 0; n < 1000; n += 1) {
    splitter.write('[NEW] 40000\n', () => {
      taken += 1;
    });
  }
  await turn();
  assert.ok(taken < 100, `${taken} chunks were taken in`);
  assert.equal(splitter.writableNeedDrain || splitter.writableLength > 0, true);
  splitter.resume();
  await write(splitter, '');
  assert.equal(taken, 1000);
  splitter.destroy();
});
