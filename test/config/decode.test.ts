import assert from 'node:assert/strict';
import test from 'node:test';
import { decode } from '#src/config/decode.ts';

test('what is in UTF-8 is the text that it says', () => {
  assert.equal(decode('f', Buffer.from('hook = "é�😀"\r\n')), 'hook = "é�😀"\r\n');
});

test('what is not is refused, with its place', () => {
  const latin1 = Buffer.concat([
    Buffer.from('port = 8080\r\n# é\r\nstate = "'),
    Buffer.from('é.json"\n', 'latin1'),
  ]);
  assert.throws(() => decode('relay.toml', latin1), {
    code: 'E_BAD_OPTION',
    message: 'relay.toml:3:10: not TOML: this is not in UTF-8',
  });
  assert.throws(() => decode('f', Buffer.from([0x61, 0xc3])), { message: /^f:1:2: / });
});
