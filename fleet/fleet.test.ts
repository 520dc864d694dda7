import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { faultsOf } from './check.ts';
import { type Fleet, leaderOf, recordsSoFar, startFleet } from './fleet.ts';
import type { Member } from './member.ts';
import { LEFT_IN, type Phase } from './records.ts';
import { Report } from './report.ts';
import { tally } from './tally.ts';

/** Milliseconds after which every name of a member that was killed is served again. */
const SERVED_AGAIN_WITHIN = 5000;

/** Milliseconds that a search may take where no bound is promised. */
const PATIENCE = 30_000;

const NATS_AWAY = 60_000;

/** Milliseconds before NATS is back at which an agent comes that is refused: the longer, the later it tries again. */
const LATE_BEFORE = 6000;

const OWNER_STOPPED = 30_000;

/** Faults that are printed: one cause may have thousands. */
const SHOWN = 20;

test('a fleet of three', { timeout: 400_000 }, async (t) => {
  const report = new Report();
  const began = Date.now();
  const fleet = await startFleet(t);
  t.after(() => leave(report));
  report.add('start', 'until all names are registered', (Date.now() - began) / 1000, 's');
  await fleet.clients.call(
    'hold',
    fleet.names.filter((_, n) => n % 10 === 0),
  );

  await t.test('a broker is killed', (t) => brokerKilled(t, fleet, report));
  await t.test('the NATS server that leads is killed', async () => {
    await natsKilled(fleet, report, 'leader');
  });
  await t.test('a NATS server that follows is killed', async () => {
    await natsKilled(fleet, report, 'follower');
  });
  await t.test('NATS is gone', () => natsGone(fleet, report));
  await t.test('a broker is cut off from NATS and the others', () => brokerCutOff(fleet, report));
  await t.test('an owner is stopped, and goes on', () => ownerStopped(fleet, report));
  await fleet.clients.call('letGo');
  await t.test('all brokers are drained in turn', () => drainedInTurn(fleet, report));

  await t.test('nobody was served by two, wrongly, or in vain', async () => {
    await scenario(fleet, 'end', {}, async () => {
      await fleet.clients.call('askAll', [...fleet.names, ...fleet.lateNames]);
    });
    await fleet.clients.call('end');
    const records = recordsSoFar();
    for (const { what, value, unit } of tally(records)) report.add('all', what, value, unit);
    const faults = faultsOf(records);
    writeFileSync(join(LEFT_IN, 'faults.txt'), faults.map((fault) => `${fault}\n`).join(''));
    assert.deepEqual([...faults.slice(0, SHOWN), `${faults.length} faults`], ['0 faults']);
  });
});

async function brokerKilled(t: TestContext, fleet: Fleet, report: Report): Promise<void> {
  const victim = busiest(fleet);
  await scenario(fleet, 'broker killed', { struck: victim.address }, async (name) => {
    const names = fleet.agents.namesOf(victim.address);
    t.diagnostic(`${victim.address} has ${names.length} names`);
    await victim.kill();
    const found = await searchElsewhere(fleet, victim, names);
    report.addSeconds(name, 'until a name is served again', found);
    await victim.start();
    assert.ok(Math.max(...found) <= SERVED_AGAIN_WITHIN, `${Math.max(...found)} ms`);
  });
}

async function natsKilled(
  fleet: Fleet,
  report: Report,
  which: 'leader' | 'follower',
): Promise<void> {
  const leader = await leaderOf(fleet.nats);
  const follower = fleet.nats.nodes.find((node) => node !== leader);
  const victim = which === 'leader' ? leader : follower;
  assert.ok(victim);
  await scenario(fleet, `NATS ${which} killed`, {}, async (name) => {
    const began = Date.now();
    await victim.kill();
    await claimAnother(fleet, which === 'leader' ? 0 : 1);
    report.add(name, 'until a new name is registered', (Date.now() - began) / 1000, 's');
    await victim.start();
    await victim.ready();
  });
}

async function natsGone(fleet: Fleet, report: Report): Promise<void> {
  const { nodes } = fleet.nats;
  await scenario(fleet, 'NATS gone', {}, async (name) => {
    const over = delay(NATS_AWAY);
    const nearlyOver = delay(NATS_AWAY - LATE_BEFORE);
    await Promise.all(nodes.map((node) => node.kill()));
    const [late = ''] = fleet.lateNames.slice(2);
    const refused = fleet.agents.next(late, 'refused');
    await nearlyOver;
    await fleet.agents.start([late]);
    assert.equal((await refused).code, 'directory-away');
    await over;
    const back = Date.now();
    await Promise.all(nodes.map((node) => node.start()));
    await fleet.agents.registered([late]);
    report.add(name, 'back, until a new name is registered', (Date.now() - back) / 1000, 's');
  });
}

async function brokerCutOff(fleet: Fleet, report: Report): Promise<void> {
  const victim = busiest(fleet);
  const others = elsewhere(fleet, victim);
  await scenario(fleet, 'broker cut off', { struck: victim.address }, async (name) => {
    const names = fleet.agents.namesOf(victim.address);
    const stores = fleet.nats.nodes.map(({ url }) => new URL(url).hostname);
    victim.house.cutOff([...stores, ...others]);
    const found = await searchElsewhere(fleet, victim, names);
    report.addSeconds(name, 'until a name is served again', found);
    const healed = Date.now();
    victim.house.heal();
    await searchAt(fleet, victim);
    report.add(name, 'healed, until it serves all names', (Date.now() - healed) / 1000, 's');
  });
}

async function ownerStopped(fleet: Fleet, report: Report): Promise<void> {
  const victim = busiest(fleet);
  await scenario(fleet, 'owner stopped', { struck: victim.address }, async (name) => {
    const names = fleet.agents.namesOf(victim.address);
    const over = delay(OWNER_STOPPED);
    victim.signal('SIGSTOP');
    const found = await searchElsewhere(fleet, victim, names);
    report.addSeconds(name, 'until a name is served again', found);
    await over;
    const continued = Date.now();
    victim.signal('SIGCONT');
    await searchAt(fleet, victim);
    report.add(name, 'goes on, until it serves all names', (Date.now() - continued) / 1000, 's');
  });
}

async function drainedInTurn(fleet: Fleet, report: Report): Promise<void> {
  const drained = fleet.members.map(({ address }) => address);
  await scenario(fleet, 'drain', { drained }, async (name) => {
    const took: number[] = [];
    for (const [n, member] of fleet.members.entries()) {
      const began = Date.now();
      if (n === 0) await member.drain();
      else member.signal('SIGTERM');
      assert.equal(await member.exited, 0, member.log);
      took.push(Date.now() - began);
      await member.start();
      await fleet.clients.call('inRotation', { nodes: drained, patience: PATIENCE });
    }
    report.addSeconds(name, 'until a broker has ended', took);
  });
}

/** Does something to the fleet, and records from when until all is well again. */
async function scenario(
  fleet: Fleet,
  name: string,
  who: Pick<Phase, 'struck' | 'drained'>,
  work: (name: string) => Promise<void>,
): Promise<void> {
  const begin = Date.now();
  const nodes = fleet.members.map(({ address }) => address);
  try {
    await work(name);
    for (const member of fleet.members) member.assertRuns();
    await fleet.clients.call('inRotation', { nodes, patience: PATIENCE });
    await fleet.clients.call('search', { names: fleet.names, nodes, patience: PATIENCE });
  } finally {
    fleet.phases.add({ scenario: name, begin, end: Date.now(), ...who });
  }
}

/** An agent comes with a name that nobody had. */
async function claimAnother({ agents, lateNames }: Fleet, which: number): Promise<void> {
  const names = lateNames.slice(which, which + 1);
  await agents.start(names);
  await agents.registered(names);
}

/** Milliseconds until each of these names is served by way of the other members. */
async function searchElsewhere(fleet: Fleet, victim: Member, names: string[]): Promise<number[]> {
  const nodes = elsewhere(fleet, victim);
  const found = await fleet.clients.call('search', { names, nodes, patience: PATIENCE });
  return Object.values(found);
}

/** Resolves when all names are served by way of a member. */
async function searchAt({ clients, names }: Fleet, { address }: Member): Promise<void> {
  await clients.call('search', { names, nodes: [address], patience: PATIENCE });
}

function elsewhere({ members }: Fleet, victim: Member): string[] {
  return members.filter((member) => member !== victim).map(({ address }) => address);
}

/** The member that has the most names. */
function busiest({ members, agents }: Fleet): Member {
  const [most] = members.toSorted(
    (a, b) => agents.namesOf(b.address).length - agents.namesOf(a.address).length,
  );
  assert.ok(most);
  return most;
}

/** For whoever wants to know what was found, or why it failed. */
function leave(report: Report): void {
  report.save(join(LEFT_IN, 'measures.json'));
  process.stdout.write(`\n${report.table}\n\n`);
}
