import type { LoadProcess } from '../load-process.ts';
import type { Options } from '../options.ts';
import type { RunningRelay } from '../relays/relay.ts';

export interface Workload {
  readonly name: string;
  /** Registrations that the relay opens on top of the one that clients use. */
  readonly moreRegistrations?: number;
  readonly figures: readonly Figure[];
  /** One value for each figure, in their order; NaN or none for what this relay has not got. */
  run(load: Load, relay: RunningRelay, options: Options): Promise<number[]>;
}

export interface Load {
  readonly client: LoadProcess;
  readonly target: LoadProcess;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
}
