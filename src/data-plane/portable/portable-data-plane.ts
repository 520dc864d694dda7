import type { DataPlane } from '../data-plane.ts';
import { DescriptorBudget } from '../descriptor-budget.ts';
import { dialPair } from './dial-pair.ts';
import { dialSpare } from './dial-spare.ts';
import { PortableExchange } from './exchange.ts';

/**
 * The data plane on `node:net`: runs wherever Node does.
 *
 * @param budget - where its descriptors come from. Default: the process's.
 */
export function createPortableDataPlane(budget?: DescriptorBudget): DataPlane {
  return {
    name: 'portable',
    threads: 0,
    openExchange: (settings, observer) =>
      PortableExchange.open(settings, observer, budget ?? DescriptorBudget.ofProcess()),
    dialPair,
    dialSpare,
    answers: async () => {},
    close: async () => {},
  };
}
