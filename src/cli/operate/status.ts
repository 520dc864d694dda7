import type { StatusAnswer } from '../../admin/api/answers.ts';
import { AdminClient } from '../../admin/client/admin-client.ts';
import { statusCommand } from '../../options/broker-program.ts';
import { formatAddress } from '../../options/values.ts';
import { bytes, count, duration, several } from '../../units.ts';
import { print } from '../print.ts';
import { program } from '../program.ts';
import { showFleet } from './fleet.ts';
import { all, printJson, titled } from './print.ts';

/** `relay-broker status`. */
export function runStatus(rawArgs: string[]): Promise<void> {
  return program(
    {
      ...statusCommand,
      async run({ fleet, json, ...settings }) {
        const client = await AdminClient.open(settings);
        if (fleet) return showFleet(client, json);
        const status = await client.status();
        if (json) printJson(status);
        else print(inWords(status));
      },
    },
    rawArgs,
  );
}

function inWords(status: StatusAnswer): string {
  const { counters, dataPlane, descriptors, registrations, at } = status;
  const age = duration((Date.now() - Date.parse(status.started)) / 1000);
  const doors = status.doors.map(({ name, port }) => `${name} on port ${port}`);
  const lines = {
    Broker: `${status.state} for ${age}, version ${status.version}`,
    'Control port': formatAddress(at.host, at.port),
    ...(doors.length > 0 && { Doors: doors.join(', ') }),
    'Data plane': `${dataPlane.name}, ${several(dataPlane.threads, 'thread')}`,
    Registrations: all(registrations) || 'none',
    Connections: `${count(counters.paired)} relayed, ${count(counters.waiting)} waiting`,
    Ended: all(counters.ended) || 'none',
    Bytes: `${bytes(counters.bytesToServer)} from clients, ${bytes(counters.bytesToClient)} to clients`,
    Refused: all(refusals(status)) || 'none',
    Descriptors: `${count(descriptors.used)} of ${count(descriptors.most)}`,
  };
  return titled(lines);
}

/** Of all kinds of connections, by why. */
function refusals(status: StatusAnswer): Record<string, number> {
  const sums = new Map(Object.entries(status.counters.refused));
  const more: [cause: string, count: number][] = [
    ...Object.entries(status.refused),
    ...status.doorRefused.map(({ cause, count }): [string, number] => [cause, count]),
    ['wrong token', status.authenticationFailures],
  ];
  for (const [cause, count] of more) sums.set(cause, (sums.get(cause) ?? 0) + count);
  return Object.fromEntries(sums);
}
