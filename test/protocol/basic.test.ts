import assert from 'node:assert/strict';
import test from 'node:test';
import { formatNew, parseNew } from '#src/protocol/basic.ts';
import { formatError } from '#src/protocol/extended.ts';
import { MAX_LINE } from '#src/protocol/lines.ts';
import fc from '../support/properties.ts';

test('every port a notification can carry comes out as it went in', () => {
  for (let port = 1; port <= 65535; port += 1) {
    const message = formatNew(port);
    assert.ok(message.endsWith('\n'));
    assert.equal(parseNew(message.slice(0, -1)), port);
  }
});

test('a notification is the line that basic servers expect, byte for byte', () => {
  assert.equal(formatNew(40123), '[NEW] 40123\n');
});

const almost = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...'[NEW] 0123456789\n\r+-.ex') }),
  fc.string({ unit: fc.constantFrom(...'0123456789 \n\r.') }).map((rest) => `[NEW] ${rest}`),
);

test('nothing but the one spelling of a port is taken for a notification', () => {
  fc.assert(
    fc.property(almost, (line) => {
      const port = parseNew(line);
      if (port !== undefined) assert.equal(`${line}\n`, formatNew(port));
    }),
    { numRuns: 2000 },
  );
});

test('a port out of range or in another spelling is refused', () => {
  const wrong = [
    '0',
    '65536',
    '99999',
    '100000',
    '080',
    '+80',
    '-1',
    '8e1',
    '0x50',
    '80.0',
    '８０',
  ];
  for (const port of wrong) assert.equal(parseNew(`[NEW] ${port}`), undefined, port);
  const lines = ['[NEW] 80\r', '[NEW] 80\n', '[NEW]  80', '[NEW] 80 ', ' [NEW] 80', '[new] 80', ''];
  for (const line of lines) assert.equal(parseNew(line), undefined, JSON.stringify(line));
});

test('an error is one line that a peer can take in and parse, whatever its message', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (message) => {
      const error = { code: 'hello-unknown', message } as const;
      const sent = formatError(error);
      assert.match(sent, /^\[ERROR\] [^\n]*\n$/);
      assert.ok(Buffer.byteLength(sent) <= MAX_LINE + 1);
      assert.deepEqual(JSON.parse(sent.slice('[ERROR] '.length)), error);
    }),
  );
});
