import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import test from 'node:test';
import type { Directory } from '#src/directory/directory.ts';
import { NatsStore } from '#src/directory/nats/nats-store.ts';
import { claimed } from '../../support/claims.ts';
import { comes, type FleetMember, isLost, TestFleet } from '../../support/fleet-members.ts';
import { startNats } from '../../support/nats.ts';
import { needs } from '../../support/needs.ts';
import { until } from '../../support/until.ts';

/** Nanoseconds: who is held up for as long himself may well doubt what he has. */
const HELD_UP = 500e6;

/** Claims as an agent does that is told to come again. */
async function claimedAtLast(directory: Directory, name: string): Promise<void> {
  for (;;) {
    await comes(directory, () => directory.isReachable);
    const answer = await directory.claim('name', name, { offer: 'open' });
    if (!('refused' in answer)) return;
    assert.equal(answer.refused, 'unreachable');
  }
}

function promises({ directory }: FleetMember, to: FleetMember): boolean {
  return directory.promise(to.directory.self.session);
}

test(
  'while NATS elects other leaders, members keep what they have, and what they claim comes to be',
  needs('nats-server'),
  async (t) => {
    const nats = await startNats(t, 3);
    const fleet = new TestFleet(t);
    const open = () => NatsStore.open({ cluster: nats.urls, clusterName: 'test' });
    const a = await fleet.join('a:1', await open());
    const b = await fleet.join('b:1', await open());
    const kept = await claimed(a.directory, 'name', 'kept', { offer: 'open', heir: 'l' });
    await comes(b.directory, () => b.directory.find('name', 'kept') !== undefined);
    // Who has just joined is not promised anything yet.
    await until(() => promises(a, b) && promises(b, a));
    const ends: string[] = [];
    const delays = monitorEventLoopDelay();
    delays.enable();
    for (const { directory } of [a, b]) {
      const { name } = directory.self;
      directory.watch({ tenure: (holds) => holds || ends.push(name) });
    }
    for (const [i, node] of nats.nodes.entries()) {
      await node.kill();
      kept.update({ offer: i % 2 === 0 ? 'away' : 'open', heir: 'l' });
      await claimedAtLast(b.directory, `without-${i}`);
      await kept.recorded();
      await comes(a.directory, () => a.directory.find('name', `without-${i}`) !== undefined);
      await node.start();
      await node.ready();
    }
    t.diagnostic(`held up for ${Math.round(delays.max / 1e6)} ms at most`);
    if (delays.max < HELD_UP) assert.deepEqual(ends, []);
    assert.equal(await isLost(kept), false);
    const sessions = new Set([...a.directory.all('name')].map(({ member }) => member.session));
    assert.deepEqual(sessions, new Set([a.directory.self.session, b.directory.self.session]));
  },
);
