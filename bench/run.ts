import { describeMachine } from './machine.ts';
import { measure } from './measure.ts';
import { readOptions } from './options.ts';
import { allRelays } from './relays/all.ts';
import { barRows, figureRows, plainTable } from './report/tables.ts';
import { type Run, Samples, save } from './results.ts';
import { allWorkloads } from './workloads/all.ts';

// An exit, unlike death by a signal, lets the exit listeners end the children.
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));

const options = readOptions(process.argv.slice(2));
const machine = describeMachine(options.node);
const chosen = <T extends { name: string }>(all: readonly T[], names: string[]) =>
  all.filter(({ name }) => names.length === 0 || names.includes(name));
const workloads = chosen(allWorkloads, options.only);
const candidates = chosen(allRelays, options.relays);
const versions = new Map(candidates.map((relay) => [relay.name, relay.version()]));
const relays = candidates.filter(({ name }) => versions.get(name) !== undefined);

const { cpu, cores, kernel, node } = machine;
console.log(`${cpu}, ${cores} cores, ${kernel}; broker and agent on Node ${node}`);
for (const [name, version] of versions) console.log(`${name}: ${version ?? 'not here'}`);

const samples = new Samples();
const failures: string[] = [];
const date = new Date().toISOString();

function runSoFar(rounds: number): Run {
  return {
    date,
    machine,
    versions: Object.fromEntries(relays.map(({ name }) => [name, versions.get(name) ?? ''])),
    settings: { rounds, seconds: options.seconds },
    series: samples.series,
    failures,
  };
}

for (let round = 1; round <= options.rounds; round += 1) {
  for (const workload of workloads) {
    for (const relay of relays) {
      const where = `round ${round}/${options.rounds} ${workload.name}, ${relay.name}`;
      try {
        const values = await measure(workload, relay, options);
        workload.figures.forEach(({ name: figure, unit }, index) => {
          const key = { workload: workload.name, figure, unit, relay: relay.name };
          samples.add(key, round, values[index] ?? Number.NaN);
        });
        console.error(`${where}: ${values.map((value) => value.toPrecision(3)).join(' ')}`);
      } catch (error) {
        // A relay that fails in one workload leaves a gap there, not an hour's run without results.
        failures.push(`${where}: ${String(error)}`);
        console.error(failures.at(-1));
      }
    }
  }
  // After each round, so that one that is broken off leaves those before it.
  save(runSoFar(round));
}

const run = runSoFar(options.rounds);
console.log(`\nMedians of ${options.rounds} rounds\n\n${plainTable(figureRows(run))}\n`);
console.log(`${plainTable(barRows(run))}\n`);
for (const failure of failures) console.log(`Failed in ${failure}`);
console.log(`Raw samples: ${save(run)}`);
