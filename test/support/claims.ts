import assert from 'node:assert/strict';
import type { Claim, ClaimRefusal, Directory } from '#src/directory/directory.ts';
import type { Kind, LeaseRecord, Records } from '#src/directory/records.ts';

export const LEASE: LeaseRecord = { port: 4000, secured: false, limits: {} };

/** Claims what can be had. */
export async function claimed<K extends Kind>(
  directory: Directory,
  kind: K,
  id: string,
  record: Records[K],
  heir?: string,
): Promise<Claim<K>> {
  const answer = await directory.claim(kind, id, record, heir);
  assert.ok(!('refused' in answer), `${id}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Claims what cannot be had, and tells why. */
export async function refused<K extends Kind>(
  directory: Directory,
  kind: K,
  id: string,
  record: Records[K],
  heir?: string,
): Promise<ClaimRefusal> {
  const answer = await directory.claim(kind, id, record, heir);
  assert.ok('refused' in answer, `${id} is claimed`);
  return answer;
}
