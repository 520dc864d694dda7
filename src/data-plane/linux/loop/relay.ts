import type { DescriptorBudget } from '../../descriptor-budget.ts';
import type { TrafficBoard } from '../traffic-board.ts';
import type { Loop } from './loop.ts';
import type { Outbox } from './outbox.ts';
import type { PipePool } from './pipe-pool.ts';
import type { Upkeep } from './upkeep.ts';
import type { Watchdog } from './watchdog.ts';

/** What all exchanges and dials of one thread share. */
export interface Relay {
  readonly loop: Loop;
  readonly pipes: PipePool;
  readonly upkeep: Upkeep;
  readonly watchdog: Watchdog;
  readonly budget: DescriptorBudget;
  readonly outbox: Outbox;
  /** What dials move. */
  readonly traffic: TrafficBoard;
}
