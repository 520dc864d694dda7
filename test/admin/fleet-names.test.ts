import assert from 'node:assert/strict';
import test from 'node:test';
import { listNames } from '#src/admin/fleet-names.ts';
import type { FleetName } from '#src/broker/fleet/status.ts';

const nameOf = (name: string, more: Partial<FleetName> = {}): FleetName => ({
  ...{ name, member: 'a:1', offer: 'open', generation: 1 },
  ...more,
});

const NAMES = [
  nameOf('wiki', { member: 'b:1' }),
  nameOf('blog-2'),
  nameOf('blog', { offer: 'moving' }),
  nameOf('git', { member: 'b:1' }),
];

const listed = (contains: string, after = '', limit?: number) => {
  const { names, ...counts } = listNames(NAMES, { contains, after, limit });
  return { ...counts, names: names.map(({ name }) => name) };
};

test('names come in order, those that were asked for', () => {
  const all = { total: 4, found: 4, names: ['blog', 'blog-2', 'git', 'wiki'] };
  assert.deepEqual(listed(''), all);
  assert.deepEqual(listed('BLOG'), { total: 4, found: 2, names: ['blog', 'blog-2'] });
  assert.deepEqual(listed('b:1'), { total: 4, found: 2, names: ['git', 'wiki'] });
  assert.deepEqual(listed('blog moving').names, ['blog']);
  assert.deepEqual(listed('nobody'), { total: 4, found: 0, names: [] });
});

test('a list that is cut short goes on behind its last name', () => {
  assert.deepEqual(listed('', '', 2), { total: 4, found: 4, names: ['blog', 'blog-2'] });
  assert.deepEqual(listed('', 'blog-2', 2).names, ['git', 'wiki']);
  assert.deepEqual(listed('', 'wiki', 2).names, []);
});

test('nobody gets more names than were asked for, and few where nothing was said', () => {
  const many = Array.from({ length: 20_000 }, (_, n) => nameOf(`service-${n}`));
  assert.equal(listNames(many, { contains: '', after: '' }).names.length, 100);
  const { found, names } = listNames(many, { contains: 'service', after: '', limit: 1000 });
  assert.deepEqual([names.length, found], [1000, 20_000]);
});
