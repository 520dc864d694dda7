import type { Workload } from './workload.ts';

const WARM_UP = 0.5;

export const roundTrip: Workload = {
  name: 'round-trip',
  service: 'echo',
  figures: [
    { name: 'one byte p50', unit: 'µs' },
    { name: 'one byte p99', unit: 'µs' },
  ],
  async run(client, { clientHost: host, clientPort: port }, { seconds }) {
    const { p50, p99 } = await client.call('ping', { host, port, seconds, warmUp: WARM_UP });
    return [p50, p99];
  },
};
