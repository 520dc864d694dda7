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
  const load = { target: new LoadProcess(), client: new LoadProcess() };
  const { moreRegistrations = 0 } = workload;
  try {
    const targetPort = await load.target.call('serve', {});
    const running = await relay.start({ targetPort, moreRegistrations, options });
    try {
      return await workload.run(load, running, options);
    } finally {
      // The connections end first, so that a relay which drains has nothing to wait for.
      await load.client.stop();
      await load.target.stop();
      await running.stop();
    }
  } finally {
    await load.client.stop();
    await load.target.stop();
  }
}
