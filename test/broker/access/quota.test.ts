import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Quota } from '#src/broker/access/quota.ts';
import type { Site } from '#src/broker/registration/site.ts';
import { claimed, LEASE } from '../../support/claims.ts';
import { FakeFleet, memberOf } from '../../support/fake-fleet.ts';

/** One of three members, with this many registrations of a token, when the directory went out of reach. */
async function cutOff(
  t: TestContext,
  { here, elsewhere, before = 0 }: { here: number; elsewhere: number; before?: number },
) {
  const directory = new FakeFleet('a:1');
  directory.others = [memberOf('b:1'), memberOf('c:1'), memberOf('d:1', { state: 'gone' })];
  for (let n = 0; n < here; n += 1) {
    await claimed(directory, 'lease', `${n}`, { ...LEASE, token: 'ci' });
  }
  // Of the process that was this member before.
  const earlier = memberOf('a:1', { session: 'earlier' });
  const left = {
    ...directory.find('lease', '0'),
    record: { ...LEASE, token: 'ci' },
    member: earlier,
  };
  const standings = [...directory.all('lease'), ...Array.from({ length: before }, () => left)];
  t.mock.method(directory, 'all', () => standings);
  t.mock.method(directory, 'leasesOf', () => standings.length + elsewhere);
  t.mock.getter(directory, 'isReachable', () => false);
  let now = here;
  const registry = { ofToken: () => now } as unknown as Site['registry'];
  const quota = new Quota({ directory, registry });
  return {
    /** How many more it grants. */
    granted(most: number): number {
      const before = now;
      while (quota.refusal({ name: 'ci', maxRegistrations: most }) === undefined) now += 1;
      return now - before;
    },
    ended: () => {
      now -= 1;
    },
  };
}

test('while the directory is out of reach, a member grants its share of what was left', async (t) => {
  assert.equal((await cutOff(t, { here: 0, elsewhere: 0 })).granted(6), 2);
  assert.equal((await cutOff(t, { here: 1, elsewhere: 1 })).granted(6), 2);
  assert.equal((await cutOff(t, { here: 0, elsewhere: 6 })).granted(6), 0);
  assert.equal((await cutOff(t, { here: 6, elsewhere: 0 })).granted(6), 0);
});

test('what has ended at a member meanwhile can be had there again', async (t) => {
  const member = await cutOff(t, { here: 2, elsewhere: 4 });
  assert.equal(member.granted(6), 0);
  member.ended();
  assert.equal(member.granted(6), 1);
});

test('what the process before had, which was this member, is nothing that is here', async (t) => {
  assert.equal((await cutOff(t, { here: 0, elsewhere: 0, before: 3 })).granted(6), 1);
});
