import { LoadProcess } from './load-process.ts';
import type { Options } from './options.ts';
import type { Relay } from './relays/relay.ts';
import type { Workload } from './workloads/workload.ts';

/** One workload over one relay. All processes are fresh, or memory would tell of what ran before. */
export async function measure(
  workload: Workload,
  relay: Relay,
  options: Options,
): Promise<number[]> {
  const target = new LoadProcess();
  const client = new LoadProcess();
  try {
    const targetPort = await target.call('serve', { service: workload.service });
    const running = await relay.start(targetPort, options);
    try {
      return await workload.run(client, running, options);
    } finally {
      // The connections end first, so that a relay which drains has nothing to wait for.
      await client.stop();
      await target.stop();
      await running.stop();
    }
  } finally {
    await client.stop();
    await target.stop();
  }
}
