import { cpuSeconds } from '../proc.ts';
import type { Workload } from './workload.ts';

const IN_FLIGHT = 32;
const WARM_UP = 1;

export const connections: Workload = {
  name: 'connections',
  service: 'echo',
  figures: [
    { name: 'new connections', unit: '1/s', floor: { atLeast: 0.8 } },
    { name: 'first byte p50', unit: 'ms' },
    { name: 'first byte p99', unit: 'ms' },
    { name: 'broker CPU', unit: 'ms/conn' },
    { name: 'agent CPU', unit: 'ms/conn' },
    { name: 'failed', unit: 'conns' },
  ],
  async run(client, { clientHost: host, clientPort: port, brokerPid, agentPid }, { seconds }) {
    await client.call('churn', { host, port, inFlight: IN_FLIGHT, seconds: WARM_UP });
    const broker = cpuSeconds(brokerPid);
    const agent = cpuSeconds(agentPid);
    const done = await client.call('churn', { host, port, inFlight: IN_FLIGHT, seconds });
    const perConnection = 1000 / done.connections;
    return [
      done.connections / done.seconds,
      done.p50,
      done.p99,
      (cpuSeconds(brokerPid) - broker) * perConnection,
      (cpuSeconds(agentPid) - agent) * perConnection,
      done.failed,
    ];
  },
};
