import assert from 'node:assert/strict';
import test from 'node:test';
import { printable } from '#src/protocol/printable.ts';
import fc from '../support/properties.ts';

/** What moves a cursor, ends a line or starts an escape sequence. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

const wire = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('\u001b[2J', '\u009b', '\n', '\r', '\u2028', '\u007f', '"') }),
);

test('nothing from the wire can forge a log line or steer a terminal', () => {
  fc.assert(
    fc.property(wire, (text) => {
      const shown = printable(text);
      assert.doesNotMatch(shown, CONTROL);
      assert.match(shown, /^".*"$/u);
      assert.equal(Buffer.from(shown).toString(), shown, 'no half of a character');
    }),
    { numRuns: 1000 },
  );
});

test('a short text can be read back exactly', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      assert.equal(JSON.parse(printable(text)), text);
    }),
  );
});

test('a quote in the text does not end it', () => {
  assert.equal(printable('a" b'), '"a\\" b"');
});

test('a long text is cut, and shows that it was', () => {
  assert.equal(printable('x'.repeat(128)), `"${'x'.repeat(128)}"`);
  assert.equal(printable('x'.repeat(129)), `"${'x'.repeat(128)}…"`);
});

test('a megabyte of control characters stays a short entry', () => {
  assert.ok(printable('\u0000'.repeat(1_000_000)).length < 1000);
});
