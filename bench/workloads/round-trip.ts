import { LoadProcess } from '../load-process.ts';
import type { Workload } from './workload.ts';

const WARM_UP = 0.5;

const figures = [
  { name: 'one byte p50', unit: 'µs' },
  { name: 'one byte p99', unit: 'µs' },
];

export const roundTrip: Workload = { name: 'round-trip', figures, run };

/** On another connection, a stream runs from the target to a client process of its own. */
export const roundTripBesideBulk: Workload = {
  name: 'round-trip-beside-bulk',
  figures,
  async run(load, relay, options) {
    const place = { host: relay.clientHost, port: relay.clientPort };
    const other = new LoadProcess();
    try {
      await other.call('stream', { ...place, streams: 1, bothWays: false });
      return await run(load, relay, options);
    } finally {
      await other.stop();
    }
  },
};

async function run(...[{ client }, relay, { seconds }]: Parameters<Workload['run']>) {
  const place = { host: relay.clientHost, port: relay.clientPort };
  const { p50, p99 } = await client.call('ping', { ...place, seconds, warmUp: WARM_UP });
  return [p50, p99];
}
