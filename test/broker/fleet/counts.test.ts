import assert from 'node:assert/strict';
import test from 'node:test';
import { FleetCounts } from '#src/broker/fleet/counts.ts';
import type { Claim, ClaimRefusal } from '#src/directory/directory.ts';
import { LoneDirectory } from '#src/directory/lone-directory.ts';
import { claimed } from '../../support/claims.ts';

test('claims are counted by what came of them, and passed on as they are', async () => {
  const counts = new FleetCounts();
  const directory = new LoneDirectory('a:1');
  const claiming = () => counts.claimed(directory.claim('name', 'blog', { offer: 'open' }));
  const first = await claiming();
  assert.equal((first as Claim).id, 'blog');
  assert.equal(((await claiming()) as ClaimRefusal).refused, 'taken');
  await directory.leave();
  assert.equal(((await claiming()) as ClaimRefusal).refused, 'closed');
  const refused = { taken: 1, unreachable: 0, closed: 1 };
  assert.deepEqual(counts.claims, { made: 1, refused, lost: 0 });
});

test('a claim that another member gets is counted as lost', async () => {
  const counts = new FleetCounts();
  let lose = (_: undefined) => {};
  const lost = new Promise<undefined>((resolve) => {
    lose = resolve;
  });
  const claim = await claimed(new LoneDirectory('a:1'), 'name', 'blog', { offer: 'open' });
  await counts.claimed(Promise.resolve({ ...claim, lost }));
  assert.equal(counts.claims.lost, 0);
  lose(undefined);
  await lost;
  assert.equal(counts.claims.lost, 1);
});

test('bytes of clients elsewhere are told while they move, and kept when they have', () => {
  const counts = new FleetCounts();
  const [one, other] = [1, 2].map((n) => ({ bytesToServer: n, bytesToClient: 10 * n }));
  assert.ok(one && other);
  counts.forwarding(one);
  counts.forwarding(other);
  one.bytesToServer += 100;
  const { failures, ...moved } = counts.forwards;
  assert.deepEqual(moved, { now: 2, total: 2, bytesToServer: 103, bytesToClient: 30 });
  assert.ok(Object.values(failures).every((count) => count === 0));
  counts.forwarded(one);
  counts.forwarded(one);
  counts.notForwarded('unreachable');
  const after = counts.forwards;
  assert.deepEqual([after.now, after.total, after.bytesToServer], [1, 2, 103]);
  assert.equal(after.failures.unreachable, 1);
});
