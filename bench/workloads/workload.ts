import type { LoadProcess } from '../load-process.ts';
import type { Options } from '../options.ts';
import type { RunningRelay } from '../relays/relay.ts';

export interface Workload {
  readonly name: string;
  /** What the relay's target does with its connections. */
  readonly service: 'echo' | 'source';
  readonly figures: readonly Figure[];
  /** One value for each figure, in their order; NaN for what this relay has not got. */
  run(client: LoadProcess, relay: RunningRelay, options: Options): Promise<number[]>;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Bound on ours divided by the peer's. */
  readonly floor?: { readonly atLeast: number } | { readonly atMost: number };
}
