import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FleetDirectory } from '#src/directory/fleet-directory.ts';
import type { Member } from '#src/directory/member.ts';
import { NatsStore } from '#src/directory/nats/nats-store.ts';
import { fingerprint } from '../build.ts';
import { NatsCluster } from '../fleet/nats-cluster.ts';
import { describeMachine } from '../machine.ts';
import { versionOnPath } from '../on-path.ts';
import { Samples, save } from '../results.ts';
import { quantile } from '../stats.ts';

// An exit, unlike death by a signal, lets the exit listeners end the children.
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));

/** Claims under way at one time. */
const IN_FLIGHT = 64;

/** Claims whose way to the other member is timed, one after the other, and look-ups that are. */
const TIMED = 200;
const LOOKUPS = 1_000_000;

const { values } = parseArgs({
  options: { names: { type: 'string', default: '100,1000,5000,20000' } },
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const nats = await NatsCluster.start();
const members = new Map<string, FleetDirectory>();
const samples = new Samples();

async function join(name: string): Promise<FleetDirectory> {
  const store = await NatsStore.open({ cluster: nats.urls, clusterName: 'bench' });
  const link = { host: '127.0.0.1', port: 1, key: 'k'.repeat(43) };
  const ask = async (member: Member, session: string) =>
    members.get(member.name)?.promise(session) ?? false;
  const directory = await FleetDirectory.join(store, { name, link }, { lease: 60, ask, report });
  members.set(name, directory);
  return directory;
}

function report(error: Error): void {
  console.error(error.message);
}

async function claim(directory: FleetDirectory, name: string): Promise<void> {
  const answer = await directory.claim('name', name, { offer: 'open', heir: 'x'.repeat(43) });
  if ('refused' in answer) throw new Error(`${name}: ${answer.refused}`);
}

async function claimAll(directory: FleetDirectory, names: string[]): Promise<void> {
  const left = names.values();
  const claimLeft = async () => {
    for (const name of left) await claim(directory, name);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, claimLeft));
}

/** Milliseconds from asking for a name to another member's knowing of it. */
async function timed(here: FleetDirectory, there: FleetDirectory, name: string): Promise<number> {
  const begun = performance.now();
  const seen = new Promise<number>((resolve) => {
    const end = there.watch({
      changed: (_, id) => {
        if (id !== name) return;
        end();
        resolve(performance.now() - begun);
      },
    });
  });
  await claim(here, name);
  return seen;
}

/** Octets of the heap that a member's copy takes, for each name in it. */
async function memoryPerName(count: number): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const directory = await join(`reader-${count}:8080`);
  collectGarbage();
  const taken = process.memoryUsage().heapUsed - before;
  await directory.leave();
  members.delete(`reader-${count}:8080`);
  return taken / count;
}

const [here, there] = [await join('a.example:8080'), await join('b.example:8080')];
const relay = 'ours, NATS on 3 nodes';
let had = 0;
for (const count of values.names.split(',').map(Number)) {
  const add = (figure: string, unit: string, value: number) => {
    const key = { workload: `directory-${count}`, figure, unit, relay };
    samples.add(key, 1, value);
    console.error(`${count} names, ${figure}: ${value.toPrecision(3)} ${unit}`);
  };
  const names = Array.from({ length: count - had }, (_, i) => `name-${had + i}`);
  let begun = performance.now();
  await claimAll(here, names);
  add('claims', '1/s', (names.length / (performance.now() - begun)) * 1000);
  begun = performance.now();
  let found = 0;
  for (let i = 0; i < LOOKUPS; i += 1) if (there.find('name', `name-${i % count}`)) found += 1;
  add('look-ups', '1/s', (found / (performance.now() - begun)) * 1000);
  const times: number[] = [];
  for (let i = 0; i < TIMED; i += 1) times.push(await timed(here, there, `timed-${count}-${i}`));
  add('claim to visibility p50', 'ms', quantile(times, 0.5));
  add('claim to visibility p99', 'ms', quantile(times, 0.99));
  add('memory per name', 'octets', await memoryPerName(count + TIMED));
  had = count;
}

const file = save({
  date: new Date().toISOString(),
  machine: describeMachine(process.execPath),
  versions: {
    [relay]: `dist ${fingerprint()}`,
    nats: versionOnPath('nats-server', '--version') ?? '',
  },
  settings: { rounds: 1, seconds: 0 },
  series: samples.series,
  failures: [],
});
console.error(file);
await Promise.all([here, there].map((directory) => directory.leave()));
await nats.stop();
