import type {
  ConnectionAnswer,
  ForwardedConnectionsAnswer,
  RegistrationAnswer,
} from '../../admin/api/answers.ts';
import { AdminClient } from '../../admin/client/admin-client.ts';
import { psCommand } from '../../options/broker-program.ts';
import { formatAddress } from '../../options/values.ts';
import { bytes, count, duration } from '../../units.ts';
import { print } from '../print.ts';
import { program } from '../program.ts';
import { printJson, terminalWidth } from './print.ts';
import { type Column, table } from './table.ts';

type Traffic = Omit<ConnectionAnswer, 'state'>;

const NOTHING = '-';

/** `relay-broker ps [registration]`, or `--forwarded`. */
export function runPs(rawArgs: string[]): Promise<void> {
  return program(
    {
      ...psCommand,
      async run({ registration, forwarded, json, ...settings }) {
        const client = await AdminClient.open(settings);
        if (forwarded) show(FORWARDED, await client.forwarded(), json);
        else if (registration === undefined)
          show(REGISTRATIONS, await client.registrations(), json);
        else show(CONNECTIONS, await client.connections(registration), json);
      },
    },
    rawArgs,
  );
}

function show<Row>(columns: readonly Column<Row>[], rows: Row[], json: boolean): void {
  if (json) printJson(rows);
  else print(table(columns, rows, terminalWidth()));
}

const REGISTRATIONS: readonly Column<RegistrationAnswer>[] = [
  { title: 'ID', cell: ({ info }) => String(info.id), isFigure: true },
  { title: 'STATE', cell: stateOf },
  { title: 'NAME', cell: ({ info, hostName }) => hostName ?? info.name ?? NOTHING },
  { title: 'CLIENTS COME TO', cell: publicPlace },
  { title: 'AGENT', cell: ({ info }) => info.address || NOTHING },
  { title: 'PROTOCOL', cell: ({ info }) => info.protocol },
  { title: 'TOKEN', cell: ({ info }) => info.token ?? NOTHING },
  { title: 'AGE', cell: ({ since }) => duration((Date.now() - Date.parse(since)) / 1000) },
  { title: 'WAIT', cell: ({ counters }) => count(counters.waiting), isFigure: true },
  { title: 'CONN', cell: ({ counters }) => count(counters.paired), isFigure: true },
  { title: 'IN', cell: ({ counters }) => bytes(counters.bytesToServer), isFigure: true },
  { title: 'OUT', cell: ({ counters }) => bytes(counters.bytesToClient), isFigure: true },
];

const ID: Column<Traffic> = { title: 'ID', cell: ({ id }) => String(id), isFigure: true };

/** What is shown of any connection behind what it is. */
const TRAFFIC: readonly Column<Traffic>[] = [
  {
    title: 'CLIENT',
    cell: ({ clientAddress, sourcePort }) => formatAddress(clientAddress, sourcePort),
  },
  { title: 'AGE', cell: ({ lasted }) => duration(lasted / 1000) },
  { title: 'WAITED', cell: ({ waited }) => `${(waited / 1000).toFixed(3)} s`, isFigure: true },
  { title: 'IN', cell: ({ bytesToServer }) => bytes(bytesToServer), isFigure: true },
  { title: 'OUT', cell: ({ bytesToClient }) => bytes(bytesToClient), isFigure: true },
];

const CONNECTIONS: readonly Column<ConnectionAnswer>[] = [
  ID,
  { title: 'STATE', cell: ({ state }) => state },
  ...TRAFFIC,
];

const FORWARDED: readonly Column<ForwardedConnectionsAnswer[number]>[] = [
  ID,
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'BROKER', cell: ({ member }) => member },
  ...TRAFFIC,
];

function stateOf({ state, leaseEnds }: RegistrationAnswer): string {
  if (leaseEnds === undefined) return state;
  return `${state}, ${duration((Date.parse(leaseEnds) - Date.now()) / 1000)} left`;
}

function publicPlace({ info, host }: RegistrationAnswer): string {
  if (info.clientPort === 0) return NOTHING;
  return host === undefined ? `port ${info.clientPort}` : formatAddress(host, info.clientPort);
}
