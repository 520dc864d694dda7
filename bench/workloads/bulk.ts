import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../proc.ts';
import type { RunningRelay } from '../relays/relay.ts';
import type { Load, Workload } from './workload.ts';

const WARM_UP = 1000;

/** From the target to the client, since a Node client can read into one buffer and a server cannot. */
export function bulk(streams: number): Workload {
  return bulkWorkload(`bulk-${streams}`, streams, false);
}

/** All streams in both directions at once; their sum counts. */
export function bulkBothWays(streams: number): Workload {
  return bulkWorkload(`bulk-${streams}-both-ways`, streams, true);
}

function bulkWorkload(name: string, streams: number, bothWays: boolean): Workload {
  return {
    name,
    figures: [
      { name: 'throughput', unit: 'Gbit/s' },
      { name: 'broker CPU', unit: 's/GB' },
      { name: 'agent CPU', unit: 's/GB' },
      { name: 'load CPU', unit: 's/GB' },
    ],
    async run(load, relay, { seconds }) {
      const place = { host: relay.clientHost, port: relay.clientPort };
      await load.client.call('stream', { ...place, streams, bothWays });
      await sleep(WARM_UP);
      const before = await snapshot(load, relay);
      await sleep(seconds * 1000);
      const after = await snapshot(load, relay);
      const gigabytes = (after.bytes - before.bytes) / 1e9;
      return [
        (gigabytes * 8) / ((after.at - before.at) / 1000),
        (after.broker - before.broker) / gigabytes,
        (after.agent - before.agent) / gigabytes,
        (after.load - before.load) / gigabytes,
      ];
    },
  };
}

async function snapshot({ client, target }: Load, { brokerPid, agentPid }: RunningRelay) {
  const [here, there] = await Promise.all([
    client.call('received', {}),
    target.call('received', {}),
  ]);
  return {
    bytes: here.bytes + there.bytes,
    at: here.at,
    broker: cpuSeconds(brokerPid),
    agent: cpuSeconds(agentPid),
    load: cpuSeconds(client.pid) + cpuSeconds(target.pid),
  };
}
