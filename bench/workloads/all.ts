import { bulk, bulkBothWays } from './bulk.ts';
import { connections } from './connections.ts';
import { idle } from './idle.ts';
import { registrations } from './registrations.ts';
import { roundTrip, roundTripBesideBulk } from './round-trip.ts';
import type { Workload } from './workload.ts';

export const allWorkloads: readonly Workload[] = [
  bulk(1),
  bulk(8),
  bulk(64),
  bulkBothWays(8),
  roundTrip,
  roundTripBesideBulk,
  connections(32),
  connections(256),
  idle,
  registrations(10),
  registrations(100),
  registrations(1000),
];
