import { bulk } from './bulk.ts';
import { connections } from './connections.ts';
import { idle } from './idle.ts';
import { roundTrip } from './round-trip.ts';
import type { Workload } from './workload.ts';

export const allWorkloads: readonly Workload[] = [bulk(1), bulk(8), connections, roundTrip, idle];
