import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeKey, encodeKey } from '#src/directory/nats/keys.ts';
import fc from '../../support/properties.ts';

test('keys are read by people', () => {
  assert.equal(encodeKey('name.web-1_A'), 'name.web-1_A');
  assert.equal(encodeKey('member.relay.example:8080'), 'member.relay=2Eexample=3A8080');
  assert.equal(encodeKey('name.é='), 'name.=C3=A9=3D');
});

test('any id is a key that NATS takes, and no other id’s', () => {
  const ids = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 85 });
  fc.assert(
    fc.property(ids, (id) => {
      const encoded = encodeKey(`name.${id}`);
      assert.match(encoded, /^name\.[-/=\w]+$/);
      assert.ok(encoded.length < 1024, 'NATS takes lines of 4096');
      assert.equal(decodeKey(encoded), `name.${id}`);
    }),
  );
});

test('what is no key of this form is not taken for one', () => {
  const wrong = [
    'name.',
    'name.a.b',
    'name.=4',
    'name.=41',
    'name.=e9',
    'name.=FF',
    'name.a b',
    '',
  ];
  for (const key of wrong) assert.equal(decodeKey(key), undefined, key);
});
