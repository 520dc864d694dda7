import assert from 'node:assert/strict';
import test from 'node:test';
import { FirstLine } from '#src/data-plane/first-line.ts';
import fc from '../support/properties.ts';

const MOST = 512;

/** All of some bytes, in pieces of so many, until something comes of it. */
function add(bytes: Buffer, size: number) {
  const line = new FirstLine();
  for (let at = 0; at < bytes.length; at += size) {
    const beginning = line.add(bytes.subarray(at, at + size));
    if (beginning !== undefined) return { beginning, taken: Math.min(at + size, bytes.length) };
  }
  return { beginning: undefined, taken: bytes.length };
}

test('a line and what came behind it, however it is cut', () => {
  const line = fc.uint8Array({ maxLength: MOST }).map((bytes) => bytes.filter((b) => b !== 0x0a));
  const cut = fc.record({ line, rest: fc.uint8Array(), size: fc.integer({ min: 1, max: 600 }) });
  fc.assert(
    fc.property(cut, ({ line: head, rest, size }) => {
      const sent = Buffer.concat([head, Buffer.from('\n'), rest]);
      const { beginning, taken } = add(sent, size);
      assert.deepEqual(beginning, {
        line: Buffer.from(head).toString(),
        rest: sent.subarray(head.length + 1, taken),
      });
    }),
  );
});

test('what is read is copied, since its buffer is used again', () => {
  const line = new FirstLine();
  const buffer = Buffer.from('[TAK');
  line.add(buffer);
  buffer.write('EN]\n');
  const beginning = line.add(buffer);
  buffer.fill('x');
  assert.deepEqual(beginning, { line: '[TAKEN]', rest: Buffer.alloc(0) });
});

for (const size of [1, 511, 512, 513, 4096]) {
  test(`a line of ${MOST} octets is taken and one more is not, in pieces of ${size}`, () => {
    const most = Buffer.alloc(MOST, 'a');
    const exact = add(Buffer.concat([most, Buffer.from('\n')]), size).beginning;
    assert.deepEqual(exact, { line: most.toString(), rest: Buffer.alloc(0) });
    const over = Buffer.concat([most, Buffer.from('a')]);
    assert.equal(add(over, size).beginning, 'too-long', 'without its end');
    assert.equal(add(Buffer.concat([over, Buffer.from('\n')]), size).beginning, 'too-long');
  });
}
