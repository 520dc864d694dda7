import { fingerprint } from '../build.ts';
import { LoadProcess } from '../load-process.ts';
import { describeMachine } from '../machine.ts';
import { versionOnPath } from '../on-path.ts';
import { readOptions } from '../options.ts';
import { cpuSeconds } from '../proc.ts';
import { Samples, save } from '../results.ts';
import { bulk, connections, roundTrips, served } from './by-name.ts';
import { type FleetBroker, startTwoBrokers } from './two-brokers.ts';

/** What the hop between two members of a fleet costs: clients of a name ask its owner, or the other member. */

process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));

const CONNECTIONS = 300;
const GIB = 2 ** 30;

const options = readOptions(process.argv.slice(2));
const nats = versionOnPath('nats-server', '--version');
if (nats === undefined) throw new Error('nats-server is not on PATH');
const samples = new Samples();
const date = new Date().toISOString();

for (let round = 1; round <= options.rounds; round += 1) {
  for (const dataPlane of ['linux', 'portable']) {
    const target = new LoadProcess();
    const port = await target.call('serve', {});
    const fleet = await startTwoBrokers(options.node, dataPlane, port);
    for (const place of ['owner', 'other'] as const) {
      const add = (figure: string, unit: string, value: number) =>
        samples.add({ workload: `hop, ${dataPlane}`, figure, unit, relay: place }, round, value);
      const { via } = fleet[place];
      await served(via);

      const connected = await connections(via, CONNECTIONS);
      add('connection p50', 'ms', connected.p50);
      add('connection p99', 'ms', connected.p99);

      const trips = await roundTrips(via, options.seconds);
      add('round trip p50', 'µs', trips.p50);
      add('round trip p99', 'µs', trips.p99);

      const used = ({ pid }: FleetBroker) => cpuSeconds(pid);
      let before = { owner: 0, other: 0 };
      const { bytes, seconds } = await bulk(via, options.seconds, () => {
        before = { owner: used(fleet.owner), other: used(fleet.other) };
      });
      add('throughput', 'GiB/s', bytes / GIB / seconds);
      add('CPU of the owner', 's/GiB', ((used(fleet.owner) - before.owner) * GIB) / bytes);
      add('CPU of the other', 's/GiB', ((used(fleet.other) - before.other) * GIB) / bytes);
    }
    await fleet.stop();
    await target.stop();
    console.error(`round ${round}/${options.rounds}, ${dataPlane}`);
  }
}

const version = `dist ${fingerprint()}, ${nats}`;
const file = save({
  date,
  machine: describeMachine(options.node),
  versions: { owner: version, other: version },
  settings: { rounds: options.rounds, seconds: options.seconds },
  series: samples.series,
  failures: [],
});
for (const { workload, figure, relay, median, unit } of samples.series) {
  console.log(`${workload}, by the ${relay}: ${figure} ${median.toPrecision(3)} ${unit}`);
}
console.log(file);
