import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Directory } from '#src/directory/directory.ts';
import { formatEntry } from '#src/directory/fleet/entries.ts';
import { TENURE } from '#src/directory/tenure/times.ts';
import { claimed, LEASE, refused } from '../support/claims.ts';
import { comes, isLost, TestFleet } from '../support/fleet-members.ts';
import { MEMBER } from '../support/member-entry.ts';
import { MemoryStore } from '../support/memory-store.ts';

/** Three members that list each other. */
async function threeMembers(t: TestContext) {
  const memory = new MemoryStore();
  const fleet = new TestFleet(t);
  const names = ['a:1', 'b:1', 'c:1'];
  const members = await Promise.all(names.map((name) => fleet.join(name, memory.open())));
  const [a, b, c] = members;
  assert.ok(a && b && c);
  const knows = (name: string): string[] =>
    JSON.parse(memory.entries.get(`member.${name}`)?.value ?? '{}').knows ?? [];
  for (const { directory } of members) {
    await comes(directory, () => names.every((name) => knows(name).length === 2));
  }
  return { memory, fleet, a, b, c };
}

async function seen(directory: Directory, name: string): Promise<void> {
  await comes(directory, () => directory.find('name', name) !== undefined);
}

test('with the store away from all, promises keep what each one has, and no claim is made', async (t) => {
  const { a, b, c } = await threeMembers(t);
  const claim = await claimed(a.directory, 'name', 'web', { offer: 'open' });
  await seen(b.directory, 'web');
  for (const { store } of [a, b, c]) store.goAway();
  const refusal = b.directory.claim('name', 'new', { offer: 'open' });
  claim.update({ offer: 'away' });
  assert.equal(a.directory.isReachable, false);
  let held = true;
  a.directory.watch({ tenure: (holds) => (held &&= holds) });
  assert.deepEqual(await refusal, { refused: 'unreachable' });
  assert.ok(held && a.directory.holds && b.directory.holds, 'longer than a tenure');
  const asked = performance.now();
  assert.deepEqual(await refused(b.directory, 'name', 'new', { offer: 'open' }), {
    refused: 'unreachable',
  });
  assert.ok(performance.now() - asked < TENURE / 2, 'at once, once it is away for long');
  assert.equal(b.directory.find('name', 'web')?.record.offer, 'open');
  for (const { store } of [a, b, c]) store.comeBack();
  await claim.recorded();
  await comes(b.directory, () => b.directory.find('name', 'web')?.record.offer === 'away');
  await claimed(b.directory, 'name', 'new', { offer: 'open' });
  assert.equal(await isLost(claim), false);
  assert.equal(a.directory.holds, true);
});

test('who reaches neither the store nor the others holds nothing, before any of it is taken', async (t) => {
  const { fleet, a, b, c } = await threeMembers(t);
  const web = await claimed(a.directory, 'name', 'web', { offer: 'open', heir: 'l' });
  const kept = await claimed(a.directory, 'name', 'kept', { offer: 'open', heir: 'm' });
  await seen(b.directory, 'kept');
  a.store.goAway();
  fleet.cutOff.add('a:1');
  const end = new Promise((resolve) => a.directory.watch({ tenure: resolve }));
  const taken = claimed(b.directory, 'name', 'web', { offer: 'open', heir: 'l' }, 'l');
  assert.equal(await end, false);
  assert.equal(b.directory.find('name', 'web')?.member.name, 'a:1');
  const claim = await taken;
  assert.ok(claim.generation > web.generation);
  assert.equal(c.directory.holds, true);

  const { session } = a.directory.self;
  fleet.cutOff.clear();
  a.store.comeBack();
  assert.equal((await web.lost)?.member.name, 'b:1');
  await comes(a.directory, () => a.directory.holds);
  assert.notEqual(a.directory.self.session, session);
  assert.equal(await isLost(kept), false);
  const { member } = a.directory.find('name', 'kept') ?? {};
  assert.equal(member?.session, a.directory.self.session);
  await comes(b.directory, () => b.directory.find('name', 'kept')?.member.state === 'live');
  assert.equal(b.directory.find('name', 'kept')?.generation, kept.generation);
});

test('who is cut off from the store alone keeps what it has by the promises of the others', async (t) => {
  const { a, b } = await threeMembers(t);
  const web = await claimed(a.directory, 'name', 'web', { offer: 'open', heir: 'l' });
  await seen(b.directory, 'web');
  a.store.goAway();
  const answer = await refused(b.directory, 'name', 'web', { offer: 'open', heir: 'l' }, 'l');
  assert.equal(answer.refused, 'taken');
  assert.equal(a.directory.holds, true);
  a.store.comeBack();
  await comes(a.directory, () => a.directory.isReachable);
  assert.equal(await isLost(web), false);
});

test('a write whose answer is lost is known all the same', async (t) => {
  const { memory, a, b } = await threeMembers(t);
  a.store.lostAnswers = 2;
  const claim = await claimed(a.directory, 'name', 'web', { offer: 'open' });
  a.store.lostAnswers = 2;
  claim.update({ offer: 'away' });
  await claim.recorded();
  assert.equal(a.directory.find('name', 'web')?.generation, claim.generation);
  a.store.lostAnswers = 2;
  await claim.release();
  await comes(b.directory, () => b.directory.find('name', 'web') === undefined);
  assert.equal(memory.entries.has('name.web'), false);
});

test('what is released while the store is away is free once it is back', async (t) => {
  const { a, b } = await threeMembers(t);
  const claim = await claimed(a.directory, 'name', 'web', { offer: 'open', heir: 'l' });
  await seen(b.directory, 'web');
  a.store.goAway();
  await claim.release();
  a.store.comeBack();
  await comes(b.directory, () => b.directory.find('name', 'web') === undefined);
});

test('a claim waits while no leader is elected', async (t) => {
  const { a, b, c } = await threeMembers(t);
  const stalled = [a, b, c].map(({ store }) => store);
  for (const store of stalled) store.isStalled = true;
  const answer = a.directory.claim('name', 'web', { offer: 'open' });
  await delay(TENURE + 500);
  for (const store of stalled) store.isStalled = false;
  assert.ok(!('refused' in (await answer)));
  assert.equal(b.directory.holds, true);
});

test('when all is lost, members join anew and claim what they have', async (t) => {
  const { memory, a, b } = await threeMembers(t);
  const claim = await claimed(a.directory, 'name', 'web', { offer: 'open' });
  const lease = await claimed(a.directory, 'lease', 'l', LEASE);
  await seen(b.directory, 'web');
  memory.wipe();
  await comes(b.directory, () => b.directory.find('name', 'web') === undefined);
  await seen(b.directory, 'web');
  await comes(a.directory, () => a.directory.holds);
  assert.equal(await isLost(claim), false);
  assert.equal(await isLost(lease), false);
  assert.equal(b.directory.find('name', 'web')?.generation, claim.generation);
  await claimed(b.directory, 'name', 'new', { offer: 'open' });
});

test('an entry that somebody deletes is written again by who has it', async (t) => {
  const { memory, a, b } = await threeMembers(t);
  const claim = await claimed(a.directory, 'name', 'web', { offer: 'open' });
  const { generation } = claim;
  assert.ok(memory.change('name.web', undefined, generation));
  await comes(b.directory, () => (b.directory.find('name', 'web')?.generation ?? 0) > generation);
  assert.equal(await isLost(claim), false);
});

for (const [what, value] of [
  ['deletes', undefined],
  ['spoils', 'nonsense'],
] as const) {
  test(`a member whose entry somebody ${what} joins anew`, async (t) => {
    const { memory, a, b } = await threeMembers(t);
    const claim = await claimed(a.directory, 'name', 'web', { offer: 'open', heir: 'l' });
    await seen(b.directory, 'web');
    const { session } = a.directory.self;
    const last = memory.entries.get('member.a:1')?.revision ?? 0;
    assert.ok(memory.change('member.a:1', value, last));
    await comes(a.directory, () => a.directory.self.session !== session && a.directory.holds);
    assert.equal(await isLost(claim), false);
  });
}

test('entries that nobody can read are ignored and told of, and are nobody’s', async (t) => {
  const { memory, a, b } = await threeMembers(t);
  const hostile: [key: string, value: string][] = [
    ['name.bad', '{'],
    ['name.worse', '{"member":"a:1","session":"s","record":{"offer":"stolen"}}'],
    ['name.worst', '{"member":"a:1","session":"s","since":-1,"record":{"offer":"open"}}'],
    ['lease.bad', '[]'],
    ['member.x:1', '{"session":"s","state":"live","knows":"everybody"}'],
    ['member.y:1', 'null'],
    ['nothing', '""'],
    ['name.', '{}'],
    ['other.kind', '{}'],
    ['?name.raw', '{}'],
    ['name.__proto__', '{"__proto__":{"member":"x"}}'],
  ];
  for (const [key, value] of hostile) assert.ok(memory.change(key, value, 0));
  await claimed(a.directory, 'name', 'web', { offer: 'open' });
  await seen(b.directory, 'web');
  assert.deepEqual(
    [...b.directory.all('name')].map(({ id }) => id),
    ['web'],
  );
  assert.equal(b.directory.members().length, 3);
  assert.equal(b.reports.length, 1, 'not once for each');
  assert.match(b.reports[0]?.message ?? '', /name\.bad/);
  assert.deepEqual(await refused(b.directory, 'name', 'bad', { offer: 'open' }), {
    refused: 'unreachable',
  });
  assert.equal(memory.entries.get('name.bad')?.value, '{');
});

/** An entry of a member that has no process. */
function entryOf(session: string): string {
  return formatEntry({ ...MEMBER, session });
}

test('whoever claims may live though its entry is not told of: a store that hurries leaves out what is not the last', async (t) => {
  const { memory, b } = await threeMembers(t);
  const stateOf = (name: string) => b.directory.find('name', name)?.member.state;
  const claim = { member: 'x:1', session: 's', record: { offer: 'open', heir: 'l' } };
  assert.ok(memory.change('name.web', JSON.stringify(claim), 0));
  await seen(b.directory, 'web');
  assert.equal(stateOf('web'), 'silent');
  const first = memory.change('member.x:1', entryOf('s'), 0) ?? 0;
  await comes(b.directory, () => stateOf('web') === 'live');
  const refusal = await refused(b.directory, 'name', 'web', { offer: 'open', heir: 'l' }, 'l');
  assert.equal(refusal.refused, 'taken');

  const next = { ...claim, session: 'next' };
  assert.ok(memory.change('name.other', JSON.stringify(next), 0));
  await seen(b.directory, 'other');
  assert.equal(stateOf('other'), 'silent', 'the entry of the session before it says nothing');
  assert.ok(memory.change('member.x:1', entryOf('last'), first));
  await comes(b.directory, () => stateOf('other') === 'gone');
  await claimed(b.directory, 'name', 'other', { offer: 'open', heir: 'l' }, 'l');
});

test('a promise is given for a session that is known and not gone, and for no other', async (t) => {
  const { a, b } = await threeMembers(t);
  const { session } = a.directory.self;
  assert.equal(b.directory.promise(session), true);
  assert.equal(b.directory.promise('unknown'), false);
  assert.equal(a.directory.promise(session), false, 'not to itself');
  const other = b.directory.self.session;
  assert.equal(a.directory.promise(other), true);
  await a.directory.leave();
  assert.equal(
    a.directory.promise(other),
    false,
    'not once it has left, and another process may have its name',
  );
  await comes(b.directory, () => b.directory.members().some(({ state }) => state === 'gone'));
  assert.equal(b.directory.promise(session), false);
});
