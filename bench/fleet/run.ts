import { parseArgs } from 'node:util';
import { fingerprint } from '../build.ts';
import { describeMachine } from '../machine.ts';
import { versionOnPath } from '../on-path.ts';
import { figureRows, plainTable } from '../report/tables.ts';
import { Samples, save } from '../results.ts';
import { quantile } from '../stats.ts';
import { Load } from './load.ts';
import { type BenchMember, startMember } from './member.ts';
import { NatsCluster } from './nats-cluster.ts';
import { registering } from './registering.ts';
import { visibility } from './visibility.ts';

// An exit, unlike death by a signal, lets the exit listeners end the children.
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));

const MEMBERS = 3;

const { values } = parseArgs({
  options: {
    names: { type: 'string', default: '100,1000,5000,20000' },
    agents: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '5' },
    node: { type: 'string', default: process.execPath },
  },
});
const agents = Number(values.agents);
const seconds = Number(values.seconds);

const nats = await NatsCluster.start();
const members: BenchMember[] = [];
for (let n = 0; n < MEMBERS; n += 1) members.push(await startMember(values.node, nats.urls));
const [near, far] = members;
if (near === undefined || far === undefined) throw new Error('a fleet has several members');
const load = new Load(nats.urls);

const samples = new Samples();
const relay = `ours, ${MEMBERS} members`;
let named = 0;
const nextName = () => {
  named += 1;
  return `bench-${named}`;
};

for (const count of values.names.split(',').map(Number)) {
  await load.claim(count);
  const add = (figure: string, unit: string, value: number) => {
    samples.add({ workload: `fleet-names-${count}`, figure, unit, relay }, 1, value);
    console.error(`${count} names, ${figure}: ${value.toPrecision(3)} ${unit}`);
  };
  const names = Array.from({ length: agents }, nextName);
  const times = await visibility(near, far, names);
  add('ready to served p50', 'ms', quantile(times, 0.5));
  add('ready to served p99', 'ms', quantile(times, 0.99));
  add('registrations, one member', '1/s', await registering([near], seconds, nextName));
  add('registrations, all members', '1/s', await registering(members, seconds, nextName));
}

const run = {
  date: new Date().toISOString(),
  machine: describeMachine(values.node),
  versions: {
    [relay]: `dist ${fingerprint()}`,
    nats: versionOnPath('nats-server', '--version') ?? '',
  },
  settings: { rounds: 1, seconds },
  series: samples.series,
  failures: [],
};
console.log(`\n${plainTable(figureRows({ ...run, versions: { [relay]: '' } }))}\n`);
console.log(`Raw samples: ${save(run)}`);

await load.stop();
for (const member of members) await member.stop();
await nats.stop();
