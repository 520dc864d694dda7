import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import type { FleetCopy } from '#src/directory/fleet/fleet-copy.ts';
import { joined } from '#src/directory/fleet/joining.ts';
import type { Membership } from '#src/directory/fleet/membership.ts';
import type { WaitingRoom } from '#src/directory/fleet/waiting-room.ts';
import { RelayError } from '#src/errors.ts';

/** Joins by a store that never answers, in a time that passes as it is waited for. */
function joining(t: TestContext, trouble?: RelayError): Promise<void> {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const room = {
    wait: async (_: string[], milliseconds: number) => {
      now += milliseconds;
    },
  } as unknown as WaitingRoom;
  const copy = { member: () => undefined } as unknown as FleetCopy;
  return joined(copy, { name: 'a:1' } as Membership, room, { trouble }, () => false);
}

test('a broker that cannot join ends with what is wrong, where NATS has said that', async (t) => {
  const trouble = new RelayError('E_DIRECTORY', 'Permissions Violation');
  await assert.rejects(joining(t, trouble), trouble);
});

test('a broker that cannot join ends with where to look, where NATS says nothing', async (t) => {
  await assert.rejects(joining(t), { code: 'E_DIRECTORY', message: /does not answer in time/ });
});
