import assert from 'node:assert/strict';
import test from 'node:test';
import {
  formatEntry,
  keyOf,
  type MemberEntry,
  parseClaim,
  parseKey,
  parseMember,
} from '#src/directory/fleet/entries.ts';
import { LEASE } from '../../support/claims.ts';
import { MEMBER } from '../../support/member-entry.ts';
import fc from '../../support/properties.ts';

test('what is written is read', () => {
  const member = { ...MEMBER, knows: ['b:1'] };
  assert.deepEqual(parseMember(formatEntry(member)), member);
  const name = { member: 'a:1', session: 'abc', since: 7, record: { offer: 'away' as const } };
  assert.deepEqual(parseClaim('name', formatEntry(name)), name);
  const lease = { member: 'a:1', session: 'abc', record: LEASE };
  assert.deepEqual(parseClaim('lease', formatEntry(lease)), lease);
});

test('whatever is there instead is read as nothing, and does no harm', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (value) => {
      assert.equal(parseMember(value), undefined);
      assert.equal(parseClaim('name', value), undefined);
      assert.equal(parseClaim('lease', value), undefined);
    }),
  );
});

test('an entry that is nearly right is not right', () => {
  const wrong: Partial<Record<keyof MemberEntry, unknown>>[] = [
    { session: '' },
    { session: 'a b' },
    { state: 'dead' },
    { link: { ...MEMBER.link, port: 0 } },
    { link: { ...MEMBER.link, host: 'a\u001b[2J' } },
    { link: { ...MEMBER.link, key: 'short' } },
    { load: { registrations: -1, connections: 0 } },
    { knows: ['b:1', 7] },
    { knows: ['b:1', ''] },
    { knows: ['b:1\n'] },
    { knows: Array.from({ length: 1001 }, (_, i) => `m${i}:1`) },
    { beat: 0.5 },
  ];
  for (const change of wrong) {
    const value = JSON.stringify({ ...MEMBER, ...change });
    assert.equal(parseMember(value), undefined, value.slice(0, 200));
  }
});

test('any id has a key, and any other text is none', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (id) => {
      assert.deepEqual(parseKey(keyOf('name', id)), { kind: 'name', id });
    }),
  );
  assert.deepEqual(parseKey('member.a.example:1'), { kind: 'member', id: 'a.example:1' });
  // What moves an operator's cursor, or hides from him, is no member's name.
  const odd = [
    'member.a\u001b[2J:1',
    'member.a\n:1',
    'member.\u202ea:1',
    `member.${'a'.repeat(301)}`,
  ];
  for (const key of ['', 'name', 'name.', '.a', 'names.a', '?name.a', 'toString.a', ...odd]) {
    assert.equal(parseKey(key), undefined, key);
  }
});
