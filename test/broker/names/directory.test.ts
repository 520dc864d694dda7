import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import test from 'node:test';
import { Directory } from '#src/broker/names/directory.ts';
import type { NamedService } from '#src/broker/names/named-service.ts';

const NOTHING = { read: Buffer.alloc(0), greeting: '' };

/** A service that writes down who got a client. */
function service(log: string[], name: string) {
  const each = { isAvailable: true, enter: () => void log.push(name) };
  return each satisfies NamedService;
}

function come(directory: Directory, name: string): void {
  directory.find(name)?.enter(new Socket(), NOTHING);
}

test('a name belongs to whoever has it until he gives it back', () => {
  const directory = new Directory();
  const log: string[] = [];
  const [first, second] = [service(log, 'first'), service(log, 'second')];
  assert.equal(directory.find('blog'), undefined);
  assert.ok(directory.claim('blog', first));
  assert.ok(!directory.claim('blog', second));
  assert.ok(!directory.claim('blog', second, 'group'));
  directory.release('blog', first);
  assert.equal(directory.find('blog'), undefined);
  assert.ok(directory.claim('blog', second, 'group'));
  come(directory, 'blog');
  assert.deepEqual(log, ['second']);
});

test('those of a group take clients in turn, who is not available is passed over', () => {
  const directory = new Directory();
  const log: string[] = [];
  const services = ['a', 'b', 'c'].map((name) => service(log, name));
  const [, b, c] = services;
  assert.ok(b !== undefined && c !== undefined);
  for (const each of services) assert.ok(directory.claim('web', each, 'ours'));
  assert.ok(!directory.claim('web', service(log, 'd'), 'theirs'));
  for (let n = 0; n < 5; n += 1) come(directory, 'web');
  b.isAvailable = false;
  for (let n = 0; n < 4; n += 1) come(directory, 'web');
  directory.release('web', c);
  come(directory, 'web');
  assert.equal(log.join(''), 'abcabcacaa');
});

test('a group is available as long as one of it is', () => {
  const directory = new Directory();
  const [a, b] = [service([], 'a'), service([], 'b')];
  directory.claim('web', a, 'ours');
  directory.claim('web', b, 'ours');
  a.isAvailable = false;
  assert.ok(directory.find('web')?.isAvailable);
  b.isAvailable = false;
  assert.equal(directory.find('web')?.isAvailable, false);
});
