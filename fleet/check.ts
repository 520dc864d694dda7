import { claimsLost } from './check/claims.ts';
import { clientsRefused, wrongAnswers } from './check/clients.ts';
import { ownersAtOnce } from './check/owners.ts';
import { membersLeft } from './check/rotations.ts';
import { strangersServed } from './check/strangers.ts';
import { clientsUntold } from './check/untold.ts';
import type { Records } from './records.ts';

/** All that is wrong with a run, in words; nothing where the fleet kept its promises. */
export function faultsOf(records: Records): string[] {
  return [
    ...ownersAtOnce(records),
    ...wrongAnswers(records),
    ...strangersServed(records),
    ...clientsUntold(records),
    ...clientsRefused(records),
    ...membersLeft(records),
    ...claimsLost(records),
  ];
}
