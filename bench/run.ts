import { describeMachine } from './machine.ts';
import { measure } from './measure.ts';
import { readOptions } from './options.ts';
import { allRelays } from './relays/all.ts';
import { report } from './report.ts';
import { Results } from './results.ts';
import { allWorkloads } from './workloads/all.ts';

// An exit, unlike death by a signal, lets the exit listeners end the children.
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));

const options = readOptions(process.argv.slice(2));
const machine = describeMachine(options.node);
const versions = new Map(allRelays.map((relay) => [relay.name, relay.version()]));
const relays = allRelays.filter(({ name }) => versions.get(name) !== undefined);
const workloads = allWorkloads.filter(
  ({ name }) => options.only.length === 0 || options.only.includes(name),
);
const results = new Results();

const { cpu, cores, kernel, node } = machine;
console.log(`${cpu}, ${cores} cores, ${kernel}; broker and agent on Node ${node}`);
for (const [name, version] of versions) {
  console.log(version === undefined ? `${name}: not on PATH` : `${name}: ${version}`);
}

for (let round = 1; round <= options.rounds; round += 1) {
  for (const workload of workloads) {
    for (const relay of relays) {
      const values = await measure(workload, relay, options);
      workload.figures.forEach(({ name: figure, unit }, index) => {
        const key = { workload: workload.name, figure, unit, relay: relay.name };
        results.add(key, round, values[index] ?? Number.NaN);
      });
      const shown = values.map((value) => value.toPrecision(3)).join(' ');
      console.error(`round ${round}/${options.rounds} ${workload.name}, ${relay.name}: ${shown}`);
    }
  }
}

const names = relays.map(({ name }) => name);
console.log(`\nMedians of ${options.rounds} rounds\n\n${report(results, workloads, names)}\n`);
const known = Object.fromEntries(names.map((name) => [name, versions.get(name) ?? '']));
console.log(`Raw samples: ${results.save(machine, options, known)}`);
