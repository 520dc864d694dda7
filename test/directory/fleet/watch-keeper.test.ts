import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import { formatEntry } from '#src/directory/fleet/entries.ts';
import { FleetCopy } from '#src/directory/fleet/fleet-copy.ts';
import { WatchKeeper } from '#src/directory/fleet/watch-keeper.ts';
import { PATIENCE, PATIENCE_OF_A_STRANGER } from '#src/directory/tenure/times.ts';
import { MEMBER } from '../../support/member-entry.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const LOOK = 100;

const ENTRY = formatEntry({ ...MEMBER, session: 's', knows: ['here:1'] });

/** A member that sees another one with a name, in a time that the test has pass. */
function watching(t: TestContext) {
  let time = 1_000_000;
  t.mock.method(performance, 'now', () => time);
  const nothing = () => {};
  const copy = new FleetCopy('here:1', {
    lost: nothing,
    complete: () => keeper.listens(),
    away: nothing,
    claimChanged: nothing,
    memberEntry: nothing,
    sessionChanged: nothing,
    unreadable: nothing,
    told: nothing,
  });
  const memory = new MemoryStore();
  const store = memory.open();
  const keeper = new WatchKeeper(store, copy, nothing);
  const claim = { member: 'there:1', session: 's', record: { offer: 'open' } };
  memory.change('member.there:1', ENTRY, 0);
  memory.change('name.web', JSON.stringify(claim), 0);
  copy.begins(false);
  for (const [key, { value, revision }] of memory.entries) copy.changed(key, value, revision);
  copy.complete();
  const stateOf = () => copy.standings.find('name', 'web')?.member.state;
  const pass = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += LOOK) {
      time += LOOK;
      keeper.look(() => true);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { copy, memory, stateOf, pass };
}

test('a session is counted out in the store, where it can see that', async (t) => {
  const { memory, stateOf, pass } = watching(t);
  await pass(PATIENCE - LOOK);
  assert.equal(stateOf(), 'silent');
  await pass(2 * LOOK);
  assert.equal(stateOf(), 'gone');
  assert.match(memory.entries.get('member.there:1')?.value ?? '', /"gone"/);
});

test('one whose entry is not there is not taken for over before it could not live on promises', async (t) => {
  const { copy, stateOf, pass } = watching(t);
  copy.changed('member.there:1', undefined, 3);
  await pass(PATIENCE_OF_A_STRANGER - LOOK);
  assert.equal(stateOf(), 'silent');
  await pass(2 * LOOK);
  assert.equal(stateOf(), 'gone');
});
