import assert from 'node:assert/strict';
import test from 'node:test';
import { nameRefusal } from '#src/broker/access/names.ts';
import type { TokenRights } from '#src/broker/access/token-rights.ts';

function rights(names: string[], group = false): TokenRights {
  return {
    name: 'alice',
    token: 'alice.x',
    ports: undefined,
    names,
    group,
    maxRegistrations: undefined,
    limits: {},
    expires: undefined,
    cutsConnections: false,
  };
}

test('a token entitles to the names that it lists, or to all', () => {
  assert.equal(nameRefusal({ name: 'blog' }, rights(['shop', 'blog'])), undefined);
  assert.equal(nameRefusal({ name: 'blog' }, rights(['*'])), undefined);
  assert.equal(nameRefusal({ name: 'blog' }, rights(['shop', 'blo', 'blog2'])), 'name-forbidden');
  assert.equal(nameRefusal({ name: 'blog' }, rights([])), 'name-forbidden');
  assert.equal(nameRefusal({}, rights([])), undefined);
});

test('where it takes no token, anybody may have a name, and nobody share one', () => {
  assert.equal(nameRefusal({ name: 'blog', group: false }, undefined), undefined);
  assert.equal(nameRefusal({ name: 'blog', group: true }, undefined), 'group-forbidden');
});

test('sharing takes a token that entitles to it', () => {
  assert.equal(nameRefusal({ group: true }, rights([], true)), undefined);
  assert.equal(nameRefusal({ group: true }, rights(['*'])), 'group-forbidden');
  assert.equal(nameRefusal({ name: 'blog', group: true }, rights([], true)), 'name-forbidden');
});
