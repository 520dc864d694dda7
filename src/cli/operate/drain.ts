import { setTimeout } from 'node:timers/promises';
import { AdminClient } from '../../admin/client/admin-client.ts';
import type { RelayError } from '../../errors.ts';
import { drainCommand } from '../../options/broker-program.ts';
import { several } from '../../units.ts';
import { print } from '../print.ts';
import { program } from '../program.ts';
import { printJson } from './print.ts';

/** Milliseconds between two looks whether it is still there. */
const INTERVAL = 500;

/** `relay-broker drain`. */
export function runDrain(rawArgs: string[]): Promise<void> {
  return program(
    {
      ...drainCommand,
      async run({ deadline, wait, json, ...settings }) {
        const client = await AdminClient.open(settings);
        const { started } = await client.status();
        const draining = await client.drain(deadline);
        if (json) printJson(draining);
        else tell(draining.connections);
        if (wait) await untilGone(client, started, json ? () => {} : tell);
      },
    },
    rawArgs,
  );
}

function tell(connections: number): void {
  print(`${several(connections, 'relayed connection')} left\n`);
}

/** Its listener closes last; where another broker answers, it has taken the place of this one. */
async function untilGone(
  client: AdminClient,
  started: string,
  tell: (connections: number) => void,
): Promise<void> {
  let last: number | undefined;
  for (;;) {
    const status = await client.status().catch((error: RelayError) => {
      if (error.code === 'E_RELAY_UNREACHABLE') return undefined;
      throw error;
    });
    if (status === undefined || status.started !== started) return;
    const { paired } = status.counters;
    if (last !== undefined && paired !== last) tell(paired);
    last = paired;
    await setTimeout(INTERVAL);
  }
}
