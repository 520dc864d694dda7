import type { Records } from '../records.ts';
import { clientsBehind } from './behind.ts';

/** Clients of a log that nobody was, or who had asked for another name. */
export function strangersServed(records: Pick<Records, 'visits' | 'served'>): string[] {
  return [...clientsBehind(records)]
    .filter(([, visit]) => visit === undefined)
    .map(
      ([{ node, name, sourcePort, clientAddress }]) =>
        `${node} served ${name} to ${clientAddress}:${sourcePort}, who had not asked for it`,
    );
}
