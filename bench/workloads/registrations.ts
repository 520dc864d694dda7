import { cpuSeconds, residentKiB } from '../proc.ts';
import { settle } from './settle.ts';
import type { Workload } from './workload.ts';

const IN_FLIGHT = 32;
const WARM_UP = 2;

/** So many registrations, of which one has clients. */
export function registrations(count: number): Workload {
  const more = count - 1;
  return {
    name: `registrations-${count}`,
    moreRegistrations: more,
    figures: [
      { name: 'time to open', unit: 'ms' },
      { name: 'broker RSS', unit: 'MiB' },
      { name: 'broker per registration', unit: 'KiB' },
      { name: 'new connections', unit: '1/s' },
      { name: 'first byte p99', unit: 'ms' },
      { name: 'broker CPU', unit: 'ms/conn' },
    ],
    async run({ client }, relay, { seconds }) {
      if (relay.registerMore === undefined) return [];
      const before = residentKiB(relay.brokerPid);
      const began = performance.now();
      await relay.registerMore();
      const opened = performance.now() - began;
      await settle();
      const after = residentKiB(relay.brokerPid);

      const churn = { host: relay.clientHost, port: relay.clientPort, inFlight: IN_FLIGHT };
      await client.call('churn', { ...churn, seconds: WARM_UP });
      const cpu = cpuSeconds(relay.brokerPid);
      const done = await client.call('churn', { ...churn, seconds });
      const perConnection = (1000 * (cpuSeconds(relay.brokerPid) - cpu)) / done.connections;
      const memory = [after / 1024, (after - before) / more];
      return [opened, ...memory, done.connections / done.seconds, done.p99, perConnection];
    },
  };
}
