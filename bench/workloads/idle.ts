import { residentKiB } from '../proc.ts';
import { settle } from './settle.ts';
import type { Figure, Workload } from './workload.ts';

const PAIRS = [100, 1000, 4000, 8000];
const WARM_UP = 0.2;

/** Connections that carried one byte and then rest, more and more of them. */
export const idle: Workload = {
  name: 'idle',
  figures: [
    { name: 'broker RSS before', unit: 'MiB' },
    ...atEach('broker per pair', 'KiB'),
    ...atEach('agent per pair', 'KiB'),
    ...atEach('one byte p50', 'µs'),
    ...atEach('one byte p99', 'µs'),
  ],
  async run({ client }, relay, { seconds }) {
    const place = { host: relay.clientHost, port: relay.clientPort };
    const broker = residentKiB(relay.brokerPid);
    const agent = residentKiB(relay.agentPid);
    const stages: number[][] = [];
    let held = 0;
    for (const pairs of PAIRS) {
      await client.call('hold', { ...place, count: pairs - held });
      held = pairs;
      await settle();
      const brokerGrowth = (residentKiB(relay.brokerPid) - broker) / pairs;
      const agentGrowth = (residentKiB(relay.agentPid) - agent) / pairs;
      const { p50, p99 } = await client.call('ping', { ...place, seconds, warmUp: WARM_UP });
      stages.push([brokerGrowth, agentGrowth, p50, p99]);
    }
    const left = await client.call('holding', {});
    if (left < held) throw new Error(`${held - left} idle connections were closed`);
    // By figure rather than by stage, so that growth can be read down a column.
    const byFigure = [0, 1, 2, 3].flatMap((index) =>
      stages.map((stage) => stage[index] ?? Number.NaN),
    );
    return [broker / 1024, ...byFigure];
  },
};

function atEach(name: string, unit: string): Figure[] {
  return PAIRS.map((pairs) => ({ name: `${name} at ${pairs}`, unit }));
}
