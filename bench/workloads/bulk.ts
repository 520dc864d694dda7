import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadProcess } from '../load-process.ts';
import { cpuSeconds } from '../proc.ts';
import type { RunningRelay } from '../relays/relay.ts';
import type { Workload } from './workload.ts';

const WARM_UP = 1000;

/** From the target to the client, since a Node client can read into one buffer and a server cannot. */
export function bulk(streams: number): Workload {
  return {
    name: `bulk-${streams}`,
    service: 'source',
    figures: [
      { name: 'throughput', unit: 'Gbit/s', floor: { atLeast: 0.85 } },
      { name: 'broker CPU', unit: 's/GB', floor: { atMost: 1.3 } },
      { name: 'agent CPU', unit: 's/GB' },
    ],
    async run(client, relay, { seconds }) {
      await client.call('drain', { host: relay.clientHost, port: relay.clientPort, streams });
      await sleep(WARM_UP);
      const before = await snapshot(client, relay);
      await sleep(seconds * 1000);
      const after = await snapshot(client, relay);
      const bytes = after.bytes - before.bytes;
      const gigabytes = bytes / 1e9;
      return [
        (gigabytes * 8) / ((after.at - before.at) / 1000),
        (after.broker - before.broker) / gigabytes,
        (after.agent - before.agent) / gigabytes,
      ];
    },
  };
}

async function snapshot(client: LoadProcess, { brokerPid, agentPid }: RunningRelay) {
  const received = await client.call('received', {});
  return { ...received, broker: cpuSeconds(brokerPid), agent: cpuSeconds(agentPid) };
}
