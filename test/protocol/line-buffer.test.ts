import assert from 'node:assert/strict';
import test from 'node:test';
import { LineBuffer } from '#src/protocol/line-buffer.ts';
import { MAX_LINE } from '#src/protocol/lines.ts';
import fc from '../support/properties.ts';

/** All lines of what was fed in these pieces. */
function linesOf(buffer: LineBuffer, pieces: Uint8Array[]): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    buffer.add(Buffer.from(piece));
    for (let line = buffer.next(); line !== undefined; line = buffer.next()) lines.push(line);
  }
  return lines;
}

/** Cuts bytes into pieces, wherever. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  at.sort((a, b) => a - b);
  return at.slice(1).map((end, n) => bytes.subarray(at[n], end));
}

const anyLine = fc.string({ unit: 'binary', maxLength: 40 }).map((s) => s.replaceAll('\n', ''));
const places = fc.array(fc.nat(), { maxLength: 20 });

test('the lines and what is behind them are the same, however they come in pieces', () => {
  fc.assert(
    fc.property(fc.array(anyLine), anyLine, places, (lines, rest, where) => {
      const bytes = Buffer.from([...lines, rest].join('\n'));
      const buffer = new LineBuffer();
      const expected = String(bytes).split('\n');
      assert.deepEqual(linesOf(buffer, cut(bytes, where)), expected.slice(0, -1));
      assert.equal(String(buffer.rest()), expected.at(-1));
      assert.equal(buffer.rest().length, 0);
    }),
  );
});

test('what is read no further stays as it is, whatever bytes it has', () => {
  const buffer = new LineBuffer();
  buffer.add(Buffer.from('[TICKET] {}\n'));
  buffer.add(Buffer.from([0xff, 0x0a, 0x00]));
  assert.equal(buffer.next(), '[TICKET] {}');
  assert.deepEqual(buffer.rest(), Buffer.from([0xff, 0x0a, 0x00]));
});

test('a line of the greatest length is read, one octet more is too long, ended or not', () => {
  const longest = 'x'.repeat(MAX_LINE);
  const buffer = new LineBuffer();
  buffer.add(Buffer.from(longest));
  assert.equal(buffer.isTooLong, false);
  buffer.add(Buffer.from('\n'));
  assert.equal(buffer.next(), longest);

  for (const tooLong of [`${longest}x`, `${longest}x\n`, `${'é'.repeat(MAX_LINE / 2)}x\n`]) {
    const other = new LineBuffer();
    other.add(Buffer.from(tooLong));
    assert.equal(other.next(), undefined);
    assert.equal(other.isTooLong, true);
  }
});

test('a line that is too long does not hide those before it', () => {
  const buffer = new LineBuffer();
  buffer.add(Buffer.from(`short\n${'x'.repeat(MAX_LINE + 1)}\n`));
  assert.equal(buffer.isTooLong, false);
  assert.equal(buffer.next(), 'short');
  assert.equal(buffer.isTooLong, true);
});
