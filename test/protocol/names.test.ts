import assert from 'node:assert/strict';
import test from 'node:test';
import { isServiceName, parseCommand, parseServiceName } from '#src/protocol/names.ts';
import fc from '../support/properties.ts';

test('a command is one of four words, in letters of any case, and nothing beside it', () => {
  assert.equal(parseCommand('RESERVE'), 'RESERVE');
  assert.equal(parseCommand('connect\r'), 'CONNECT');
  assert.equal(parseCommand('sToP'), 'STOP');
  for (const line of ['', 'RESERVE ', ' STOP', 'STOP\r\r', 'ſtop', 'RELEASED', 'CONNECT blog']) {
    assert.equal(parseCommand(line), undefined, JSON.stringify(line));
  }
});

test('a name is any text of 1 to 255 octets without control characters, as it stands', () => {
  for (const name of [
    'a',
    ' a ',
    'Büro',
    '日本',
    '[NEW] 1',
    'x'.repeat(255),
    '\u{1f600}'.repeat(63),
  ]) {
    assert.equal(parseServiceName(name), name);
    assert.equal(parseServiceName(`${name}\r`), name);
  }
  for (const name of ['', '\r', 'x'.repeat(256), 'é'.repeat(128), 'a\rb', 'a\0', '\x7f', '\x85']) {
    assert.equal(parseServiceName(name), undefined, JSON.stringify(name));
  }
});

test('octets that are no UTF-8 are no name, or two of them would be the same', () => {
  const line = Buffer.from([0x61, 0xc3]).toString('utf8');
  assert.equal(parseServiceName(line), undefined);
});

test('a name that is sent comes as the same name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      fc.pre(isServiceName(name));
      const sent = Buffer.from(`${name}\n`);
      assert.equal(sent.indexOf(0x0a), sent.length - 1);
      assert.equal(parseServiceName(sent.toString('utf8', 0, sent.length - 1)), name);
    }),
  );
});
