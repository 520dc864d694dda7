import { readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TestContext } from 'node:test';
import { connect } from '@nats-io/transport-node';
import { createAuthority } from '../test/support/certificates.ts';
import { emptyFolder } from '../test/support/folder.ts';
import { type Nats, type NatsNode, startNats } from '../test/support/nats.ts';
import { Agents } from './agents.ts';
import { Member } from './member.ts';
import { openHouse, openStreet } from './network.ts';
import { DOMAIN } from './ports.ts';
import {
  LEFT_IN,
  linesOf,
  type Mistake,
  type Phase,
  RecordFile,
  type Records,
  type Rotation,
  type Served,
  type Told,
  type Visit,
} from './records.ts';
import { Worker } from './street/calls.ts';
import type { commands as clientCommands } from './street/clients.ts';
import type { commands as serviceCommands } from './street/services.ts';

/** Thirty agents with ten names each, by fives in a process: thirty processes of Node keep two cores from all else. */
const NAMES = 300;
const NAMES_OF_A_PROCESS = 50;

/** Names that nobody has in the beginning, each for an agent that comes later. */
const LATE_NAMES = ['late-1', 'late-2', 'late-3'];

/** All that runs: three servers of NATS, three brokers, agents with their services, clients. */
export interface Fleet {
  names: string[];
  lateNames: string[];
  nats: Nats;
  members: Member[];
  agents: Agents;
  clients: Worker<typeof clientCommands>;
  phases: RecordFile<Phase>;
}

export async function startFleet(t: TestContext): Promise<Fleet> {
  await rm(LEFT_IN, { recursive: true, force: true });
  await mkdir(LEFT_IN, { recursive: true });
  // The path of a socket has to be short.
  const folder = await emptyFolder(t);
  const stores = ['10.98.0.21', '10.98.0.22', '10.98.0.23'];
  openStreet(stores);
  const houses = [1, 2, 3].map((number) => openHouse(number));
  const nats = await startNats(t, 3, { hosts: stores });

  const adminToken = join(folder, 'admin.token');
  await writeFile(adminToken, 'token-of-the-fleet-test\n', { mode: 0o600 });
  const members = houses.map((house) => new Member(t, house, { adminToken, nats: nats.urls }));
  await Promise.all(members.map((member) => member.start()));
  const nodes = members.map(({ address }) => address);

  const names = Array.from({ length: NAMES }, (_, n) => `n${String(n).padStart(3, '0')}`);
  const authority = createAuthority();
  const { cert, key } = authority.server('valid', `*.${DOMAIN}`);
  const services = new Worker<typeof serviceCommands>(t, at('street/services.ts'));
  await services.call('open', {
    folder,
    names: [...names, ...LATE_NAMES],
    ...{ cert, key },
  });

  const agents = new Agents(t, folder, nodes, new RecordFile<Told>('told'));
  for (let n = 0; n < NAMES; n += NAMES_OF_A_PROCESS) {
    await agents.start(names.slice(n, n + NAMES_OF_A_PROCESS));
  }
  await agents.registered(names);

  const clients = new Worker<typeof clientCommands>(t, at('street/clients.ts'));
  await clients.call('begin', { nodes, names, ca: authority.cert });
  const phases = new RecordFile<Phase>('phases');
  return { names, lateNames: LATE_NAMES, nats, members, agents, clients, phases };
}

/** The server of NATS that leads the stream in which everything is, as one of them says. */
export async function leaderOf(nats: Nats): Promise<NatsNode> {
  const connection = await connect({ servers: nats.nodes.map(({ url }) => url) });
  try {
    const names = await connection.request('$JS.API.STREAM.NAMES');
    const [stream] = (names.json() as { streams: string[] }).streams;
    const info = await connection.request(`$JS.API.STREAM.INFO.${stream}`);
    const { cluster } = info.json() as { cluster: { leader: string } };
    const leader = nats.nodes.find(({ name }) => name === cluster.leader);
    if (leader === undefined) throw new Error(`nobody leads ${stream}`);
    return leader;
  } finally {
    await connection.close();
  }
}

/** All that was recorded so far. */
export function recordsSoFar(): Records {
  const all = <R>(name: string) => new RecordFile<R>(name).all();
  return {
    visits: all<Visit>('visits'),
    told: all<Told>('told'),
    phases: all<Phase>('phases'),
    rotations: all<Rotation>('rotations'),
    mistakes: all<Mistake>('mistakes'),
    served: readdirSync(LEFT_IN)
      .filter((file) => file.endsWith('.access'))
      .flatMap((file) =>
        linesOf(join(LEFT_IN, file))
          .filter((line) => !isForwarded(line))
          .map((line) => servedIn(line, file)),
      ),
  };
}

/** Whether another member served that client, and has a line of its own for it. */
function isForwarded(line: unknown): boolean {
  return typeof line === 'object' && line !== null && 'forwardedTo' in line;
}

function servedIn(line: unknown, file: string): Served {
  const { node, name, generation, start, clientAddress, sourcePort } = line as Served;
  if (node === undefined || generation === undefined) {
    throw new Error(`${basename(file)} does not tell by whom: ${JSON.stringify(line)}`);
  }
  const began = Date.parse(String(start));
  return { node, name, generation, start: began, clientAddress, sourcePort };
}

function at(file: string): URL {
  return new URL(file, import.meta.url);
}
