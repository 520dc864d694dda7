import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import test from 'node:test';
import { FleetCounts } from '#src/broker/fleet/counts.ts';
import type { OfferedService } from '#src/broker/names/named-service.ts';
import { Names, type NameTerms } from '#src/broker/names/names.ts';
import { Seat } from '#src/broker/names/seat.ts';
import { formatEntry, keyOf } from '#src/directory/fleet/entries.ts';
import { LoneDirectory } from '#src/directory/lone-directory.ts';
import { comes, TestFleet } from '../../support/fleet-members.ts';
import { MEMBER } from '../../support/member-entry.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { connectTo, outcome, serve } from '../../support/tcp.ts';

const ALONE: NameTerms = { lost: () => assert.fail('lost') };

function ofGroup(heir: string): NameTerms {
  return { ...ALONE, heir, isShared: true };
}

/** A service that writes down who got a client. */
function service(log: string[], name: string) {
  const each = {
    isAvailable: true,
    get isOffered() {
      return this.isAvailable;
    },
    enter: () => void log.push(name),
  };
  return each satisfies OfferedService;
}

/** Names of a broker that is alone. */
function namesAlone() {
  const names = new Names(new LoneDirectory('here'), new FleetCounts());
  const find = (name: string) => names.serviceHere(name);
  return {
    find,
    come: (name: string) => find(name)?.enter(new Socket()),
    claim: (name: string, terms: NameTerms) => names.claim(name, terms),
    async seat(name: string, terms: NameTerms, given?: OfferedService): Promise<Seat> {
      const seat = await names.claim(name, terms);
      assert.ok(seat instanceof Seat);
      if (given !== undefined) seat.give(given);
      return seat;
    },
  };
}

test('a name belongs to whoever has it until he gives it back', async () => {
  const { find, seat, claim, come } = namesAlone();
  const log: string[] = [];
  assert.equal(find('blog'), undefined);
  const first = await seat('blog', ALONE, service(log, 'first'));
  assert.deepEqual(await claim('blog', ALONE), { refused: 'taken', by: undefined });
  assert.ok('refused' in (await claim('blog', ofGroup('ours'))));
  first.release();
  assert.equal(find('blog'), undefined);
  await seat('blog', ofGroup('ours'), service(log, 'second'));
  come('blog');
  assert.deepEqual(log, ['second']);
});

test('of two that ask at the same time, one gets it', async () => {
  const { claim } = namesAlone();
  const both = await Promise.all([claim('blog', ALONE), claim('blog', ALONE)]);
  assert.equal(both.filter((seat) => seat instanceof Seat).length, 1);
});

test('a name is kept before its service is there, and serves nobody by then', async (t) => {
  const { find, seat, claim } = namesAlone();
  const first = await seat('blog', ALONE);
  assert.ok('refused' in (await claim('blog', ALONE)));
  assert.equal(find('blog')?.isAvailable, false);
  const door = await serve(t, () => {});
  const arrived = once(door, 'connection');
  const early = outcome(await connectTo(t, door.port));
  const [client] = (await arrived) as [Socket];
  find('blog')?.enter(client, { read: Buffer.alloc(0), greeting: '' });
  assert.equal((await early).ending, 'ECONNRESET');
  const log: string[] = [];
  first.give(service(log, 'served'));
  assert.equal(find('blog')?.isAvailable, true);
  find('blog')?.enter(client);
  assert.deepEqual(log, ['served']);
});

test('a name whose service is about to be here has clients wait, though it is told to be open', async () => {
  const directory = new LoneDirectory('here');
  const names = new Names(directory, new FleetCounts());
  const settled: string[] = [];
  names.watch((name) => settled.push(name));
  const seat = await names.claim('blog', { ...ALONE, whereabouts: 'here' });
  assert.ok(seat instanceof Seat);
  assert.equal(directory.find('name', 'blog')?.record.offer, 'open');
  assert.deepEqual([names.routeOf('blog').to, settled], ['wait', []]);
  seat.give(service([], 'blog'));
  assert.deepEqual([names.routeOf('blog').to, settled], ['here', ['blog']]);
  assert.equal(names.serviceHere('blog')?.isAvailable, true);
});

test('clients wait for a name of a member that nothing else is known of', async (t) => {
  const store = new MemoryStore();
  const { directory } = await new TestFleet(t).join('a:1', store.open());
  const claim = { member: 'b:1', session: 'abc', record: { offer: 'open' as const } };
  store.change(keyOf('name', 'blog'), formatEntry(claim), 0);
  const names = new Names(directory, new FleetCounts());
  await comes(directory, () => directory.find('name', 'blog') !== undefined);
  assert.deepEqual(names.routeOf('blog'), { to: 'wait' });
  store.change(keyOf('member', 'b:1'), formatEntry(MEMBER), 0);
  await comes(directory, () => directory.members().length === 2);
  assert.equal(names.routeOf('blog').to, 'there');
});

test('a name whose service was expected and has not come says so', async () => {
  const directory = new LoneDirectory('here');
  const names = new Names(directory, new FleetCounts());
  const seat = await names.claim('blog', { ...ALONE, whereabouts: 'here' });
  assert.ok(seat instanceof Seat);
  seat.give({ ...service([], 'blog'), isAvailable: false, isOffered: false });
  assert.equal(directory.find('name', 'blog')?.record.offer, 'away');
  assert.equal(names.serviceHere('blog')?.isAvailable, false);
});

test('those of a group take clients in turn, who is not available is passed over', async () => {
  const { seat, claim, come } = namesAlone();
  const log: string[] = [];
  const [a, b, c] = [service(log, 'a'), service(log, 'b'), service(log, 'c')];
  await seat('web', ofGroup('ours'), a);
  await seat('web', ofGroup('ours'), b);
  const third = await seat('web', ofGroup('ours'), c);
  assert.ok('refused' in (await claim('web', ofGroup('theirs'))));
  for (let n = 0; n < 5; n += 1) come('web');
  b.isAvailable = false;
  for (let n = 0; n < 4; n += 1) come('web');
  third.release();
  come('web');
  assert.equal(log.join(''), 'abcabcacaa');
});

test('a group is available as long as one of it is, and has its name as long', async () => {
  const { seat, find, claim } = namesAlone();
  const [a, b] = [service([], 'a'), service([], 'b')];
  const first = await seat('web', ofGroup('ours'), a);
  const second = await seat('web', ofGroup('ours'), b);
  a.isAvailable = false;
  assert.ok(find('web')?.isAvailable);
  b.isAvailable = false;
  assert.equal(find('web')?.isAvailable, false);
  first.release();
  assert.ok('refused' in (await claim('web', ALONE)));
  second.release();
  assert.ok((await claim('web', ALONE)) instanceof Seat);
});
