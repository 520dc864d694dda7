import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetCounts } from '#src/broker/fleet/counts.ts';
import { LeaseClaims } from '#src/broker/leases/lease-claims.ts';
import { LoneDirectory } from '#src/directory/lone-directory.ts';
import { LEASE } from '../../support/claims.ts';

test('a lease that was left to another member stays so, whatever else is recorded of it', async () => {
  const directory = new LoneDirectory('here');
  const claims = new LeaseClaims(directory, new FleetCounts(), () => assert.fail('lost'));
  const lease = { ...LEASE, keyHash: 'k'.repeat(43) };
  assert.equal(await claims.claim(lease), undefined);
  claims.update({ ...lease, port: 4001 });
  assert.deepEqual(claims.find(lease.keyHash)?.record, { ...LEASE, port: 4001 });
  await claims.leave(lease.keyHash);
  claims.update({ ...lease, port: 4002 });
  assert.deepEqual(claims.find(lease.keyHash)?.record, { ...LEASE, port: 4002, moving: true });
  claims.close();
});
