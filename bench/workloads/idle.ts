import { setTimeout as sleep } from 'node:timers/promises';
import { residentKiB } from '../proc.ts';
import type { Workload } from './workload.ts';

/** Long enough for a garbage collector to come round without being told. */
const SETTLE = 3000;

export const idle: Workload = {
  name: 'idle',
  service: 'echo',
  figures: [
    { name: 'broker base RSS', unit: 'MiB' },
    { name: 'broker per idle pair', unit: 'KiB', floor: { atMost: 0.6 } },
  ],
  async run(client, { clientHost: host, clientPort: port, brokerPid }, { idlePairs }) {
    const base = residentKiB(brokerPid);
    await client.call('hold', { host, port, count: idlePairs });
    await sleep(SETTLE);
    const grown = residentKiB(brokerPid) - base;
    const left = await client.call('holding', {});
    if (left < idlePairs) throw new Error(`the relay closed ${idlePairs - left} idle connections`);
    return [base / 1024, grown / idlePairs];
  },
};
