import { createInterface } from 'node:readline';
import { FleetDirectory } from '../../src/directory/fleet-directory.ts';
import { NatsStore } from '../../src/directory/nats/nats-store.ts';

/**
 * A member without a broker: has as many names as it is told by each line on stdin, and answers with a
 * line when it has them. What so many agents would be too much for this machine.
 */

/** Claims under way at one time. */
const AT_ONCE = 64;

const [urls = ''] = process.argv.slice(2);
const link = { host: '127.0.0.1', port: 9, key: '0'.repeat(43) };
const store = await NatsStore.open({ cluster: urls, clusterName: 'bench' });
const directory = await FleetDirectory.join(
  store,
  { name: '127.0.0.1:9', link },
  {
    lease: 60,
    ask: async () => false,
    report: console.error,
  },
);

let claimed = 0;

async function claimUpTo(count: number): Promise<void> {
  while (claimed < count) {
    const name = `loaded-${claimed}`;
    claimed += 1;
    const claim = await directory.claim('name', name, { offer: 'open' });
    if ('refused' in claim) throw new Error(`${name}: ${claim.refused}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  await Promise.all(Array.from({ length: AT_ONCE }, () => claimUpTo(Number(line))));
  process.stdout.write(`${claimed}\n`);
}
await directory.leave();
