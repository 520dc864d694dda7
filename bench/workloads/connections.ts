import { cpuSeconds } from '../proc.ts';
import type { RunningRelay } from '../relays/relay.ts';
import type { Load, Workload } from './workload.ts';

const WARM_UP = 2;

export function connections(inFlight: number): Workload {
  return {
    name: `connections-${inFlight}`,
    figures: [
      { name: 'new connections', unit: '1/s' },
      { name: 'first byte p50', unit: 'ms' },
      { name: 'first byte p99', unit: 'ms' },
      { name: 'broker CPU', unit: 'ms/conn' },
      { name: 'agent CPU', unit: 'ms/conn' },
      { name: 'load CPU', unit: 'ms/conn' },
      { name: 'failed', unit: 'conns' },
    ],
    async run(load, relay, { seconds }) {
      const place = { host: relay.clientHost, port: relay.clientPort };
      await load.client.call('churn', { ...place, inFlight, seconds: WARM_UP });
      const before = cpu(load, relay);
      const done = await load.client.call('churn', { ...place, inFlight, seconds });
      const after = cpu(load, relay);
      const perConnection = 1000 / done.connections;
      return [
        done.connections / done.seconds,
        done.p50,
        done.p99,
        (after.broker - before.broker) * perConnection,
        (after.agent - before.agent) * perConnection,
        (after.load - before.load) * perConnection,
        done.failed,
      ];
    },
  };
}

function cpu({ client, target }: Load, { brokerPid, agentPid }: RunningRelay) {
  return {
    broker: cpuSeconds(brokerPid),
    agent: cpuSeconds(agentPid),
    load: cpuSeconds(client.pid) + cpuSeconds(target.pid),
  };
}
