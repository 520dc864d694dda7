import type { FleetAnswer, FleetNamesAnswer } from '../../admin/api/answers.ts';
import type { AdminClient } from '../../admin/client/admin-client.ts';
import { bytes, count, duration } from '../../units.ts';
import { print } from '../print.ts';
import { all, printJson, terminalWidth, titled } from './print.ts';
import { type Column, table } from './table.ts';

type Member = FleetAnswer['members'][number];
type Name = FleetNamesAnswer['names'][number];

/** Names that people are shown: who looks for one in more has other means. */
const MOST_SHOWN = 200;

/** Names that the broker lists at one time. */
const MOST_LISTED = 1000;

/** `relay-broker status --fleet`. */
export async function showFleet(client: AdminClient, json: boolean): Promise<void> {
  const fleet = await client.fleet();
  if (json) {
    printJson({ fleet, names: await allNames(client) });
    return;
  }
  const { names, total } = await client.fleetNames(MOST_SHOWN);
  const members = fleet.members.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const parts = [
    titled(inWords(fleet)),
    table(MEMBERS, members, terminalWidth()),
    ...(names.length > 0 ? [table(NAMES, names, terminalWidth())] : []),
  ];
  print(parts.join('\n'));
  const left = total - names.length;
  if (left > 0) print(`… and ${count(left)} more, which --json lists\n`);
}

async function allNames(client: AdminClient): Promise<Name[]> {
  const all: Name[] = [];
  for (;;) {
    const { names } = await client.fleetNames(MOST_LISTED, all.at(-1)?.name);
    all.push(...names);
    if (names.length < MOST_LISTED) return all;
  }
}

function inWords({ cluster, node, ...fleet }: FleetAnswer): Record<string, string> {
  const { directory, tenure, names, claims, forwarded } = fleet;
  const refused = all(claims.refused);
  const failed = all(forwarded.failures);
  return {
    Fleet: `${cluster}, as ${node} sees it`,
    Directory: `${directory.reachable ? 'reachable' : 'away'} for ${ageOf(directory.since)}`,
    Tenure: `${tenure.held ? 'held' : 'lost'} for ${ageOf(tenure.since)}`,
    Names: `${count(names.here)} here, ${count(names.elsewhere)} elsewhere`,
    Claims: `${count(claims.made)} made, ${count(claims.lost)} lost, refused: ${refused || 'none'}`,
    Forwarded: `${count(forwarded.now)} now, ${count(forwarded.total)} since the start, failed: ${failed || 'none'}`,
    Bytes: `${bytes(forwarded.bytesToServer)} from these clients, ${bytes(forwarded.bytesToClient)} to them`,
    Waiting: `${count(fleet.waiting)} clients of names that move`,
  };
}

function ageOf(since: string): string {
  return duration((Date.now() - Date.parse(since)) / 1000);
}

const MEMBERS: readonly Column<Member>[] = [
  { title: 'BROKER', cell: ({ name, self }) => (self ? `${name} (this one)` : name) },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'REG', cell: ({ load }) => count(load.registrations), isFigure: true },
  { title: 'CONN', cell: ({ load }) => count(load.connections), isFigure: true },
  { title: 'DIALLED', cell: ({ dialled }) => (dialled ? 'yes' : '-') },
];

const NAMES: readonly Column<Name>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'BROKER', cell: ({ member }) => member },
  { title: 'OFFER', cell: ({ offer }) => offer },
  { title: 'GENERATION', cell: ({ generation }) => String(generation), isFigure: true },
];
