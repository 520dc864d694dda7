import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { BrokerEvents } from '#src/broker/events.ts';
import { FleetCounts } from '#src/broker/fleet/counts.ts';
import { FleetReport } from '#src/broker/fleet/status.ts';
import { claimed } from '../../support/claims.ts';
import { FakeFleet, memberOf } from '../../support/fake-fleet.ts';

/** What is told of a fleet whose directory the test plays, and the events of it. */
function reported(t: TestContext, ...others: ReturnType<typeof memberOf>[]) {
  const directory = new FakeFleet('a:1');
  directory.others = others;
  const events: unknown[][] = [];
  const parts = {
    ...{ cluster: 'eu', directory, counts: new FleetCounts() },
    waiting: () => 3,
    isDialled: (name: string) => name === 'b:1',
  };
  const report = new FleetReport(
    parts,
    <E extends keyof BrokerEvents>(event: E, ...args: BrokerEvents[E]) => {
      events.push([event, ...args]);
    },
  );
  t.after(() => report.close());
  return { directory, events, report };
}

test('a member that is about to leave is draining for as long as it is live', (t) => {
  const { directory, report } = reported(
    t,
    memberOf('b:1', { isDraining: true, load: { registrations: 7, connections: 8 } }),
    memberOf('c:1', {
      ...{ isDraining: true, state: 'gone' },
      load: { registrations: 9, connections: 1 },
    }),
    memberOf('a:1', { session: 'before', state: 'gone' }),
  );
  const { members, node, cluster, waiting } = report.status();
  assert.deepEqual([cluster, node, waiting], ['eu', 'a:1', 3]);
  assert.deepEqual(
    members.map(({ name, state, self, dialled }) => [name, state, self, dialled]),
    [
      ['a:1', 'live', true, false],
      ['b:1', 'draining', false, true],
      ['c:1', 'gone', false, false],
      ['a:1', 'gone', false, false],
    ],
  );
  assert.deepEqual(members[1]?.load, { registrations: 7, connections: 8 });
  assert.deepEqual(members[2]?.load, { registrations: 0, connections: 0 }, 'nobody has that now');
  directory.tell({ load: { registrations: 1, connections: 2 }, isDraining: true });
  assert.equal(report.status().members[0]?.state, 'draining');
});

test('names are told with who has them', async (t) => {
  const { directory, report } = reported(t, memberOf('b:1'));
  const { generation } = await claimed(directory, 'name', 'blog', { offer: 'open' });
  await claimed(directory, 'name', 'shop', { offer: 'away' });
  assert.deepEqual(report.status().names, { here: 2, elsewhere: 0 });
  assert.deepEqual(
    [...report.names()],
    [
      { name: 'blog', member: 'a:1', offer: 'open', generation },
      { name: 'shop', member: 'a:1', offer: 'away', generation: generation + 1 },
    ],
  );
});

test('names are counted anew when one of them changes', async (t) => {
  const { directory, report } = reported(t, memberOf('b:1'));
  const count = t.mock.method(directory, 'all');
  const claim = await claimed(directory, 'name', 'blog', { offer: 'open' });
  for (let n = 0; n < 3; n += 1) {
    assert.deepEqual(report.status().names, { here: 1, elsewhere: 0 });
  }
  assert.equal(count.mock.callCount(), 1);
  await claim.release();
  directory.told.changed('name', 'blog');
  assert.deepEqual(report.status().names, { here: 0, elsewhere: 0 });
});

test('who was there at the start has not joined, and news that change no state are none', (t) => {
  const there = memberOf('b:1');
  const { directory, events } = reported(t, there);
  directory.told.memberChanged({ ...there, load: { registrations: 1, connections: 1 } });
  directory.told.memberChanged(memberOf('a:1', { state: 'gone' }));
  directory.told.memberChanged(memberOf('z:1', { state: 'gone' }));
  assert.deepEqual(events, []);
});

test('what becomes of another member is told once, and joining again is joining', (t) => {
  const { directory, events } = reported(t);
  const one = memberOf('b:1');
  for (const state of ['live', 'silent', 'silent', 'live', 'gone', 'gone'] as const) {
    directory.told.memberChanged({ ...one, state });
  }
  directory.told.memberChanged({ ...one, session: 'another' });
  assert.deepEqual(
    events,
    ['joined', 'silent', 'back', 'gone', 'joined'].map((change) => ['member', 'b:1', change]),
  );
});

test('who leaves after it has said so is told apart from who was counted out', (t) => {
  const { directory, events } = reported(t);
  const leaving = memberOf('b:1', { isDraining: true });
  for (const state of ['live', 'gone'] as const)
    directory.told.memberChanged({ ...leaving, state });
  const dying = { ...leaving, session: 'another' };
  for (const state of ['live', 'silent', 'gone'] as const) {
    directory.told.memberChanged({ ...dying, state });
  }
  assert.deepEqual(
    events,
    ['draining', 'left', 'draining', 'silent', 'gone'].map((change) => ['member', 'b:1', change]),
  );
});

test('a directory out of reach and a tenure that is over are told with since when', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1000 });
  const { directory, events, report } = reported(t);
  assert.deepEqual(report.status().directory, { reachable: true, since: new Date(1000) });
  t.mock.timers.setTime(2000);
  directory.told.reachable(false);
  t.mock.timers.setTime(3000);
  directory.hasTenure = false;
  assert.equal(report.status().tenure.held, false, 'also before it is told');
  directory.told.tenure(false);
  t.mock.timers.setTime(4000);
  const status = report.status();
  assert.deepEqual(status.directory, { reachable: false, since: new Date(2000) });
  assert.deepEqual(status.tenure, { held: false, since: new Date(3000) });
  assert.deepEqual(events, [
    ['directory', false],
    ['tenure', false],
  ]);
});

test('nothing is told any more once it is closed', (t) => {
  const { directory, events, report } = reported(t);
  report.close();
  directory.told.memberChanged(memberOf('b:1'));
  assert.deepEqual(events, []);
});
