import { appendFileSync, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../test/support/program.ts';

/** What a run leaves, for whoever wants to look: the records, and what each program logged. */
export const LEFT_IN = 'build/fleet';

/** Milliseconds of the wall clock: all processes of a run are on one machine. */
export type Instant = number;

/** How a client comes in. */
export type DoorName = 'tls' | 'http' | 'names';

/** What became of a client that asked for a name. */
export interface Visit {
  /** `request`: a short question. `stream`: bytes that are checked both ways. `search`: asked again and again until somebody serves. */
  kind: 'request' | 'stream' | 'search';
  /** The member that was asked. */
  node: string;
  door: DoorName;
  name: string;
  start: Instant;
  end: Instant;
  /** `answered`, or what went wrong. */
  outcome: string;
  /** The client's own port. */
  sourcePort?: number;
  /** What the service said that it is, and when. */
  answeredBy?: string;
  answeredAt?: Instant;
  /** Counted by that service, so that no two answers are the same. */
  answer?: number;
  /** Of a stream: bytes that arrived at its client, each checked, and at its service, by what that says. */
  received?: number;
  sent?: number;
}

/** A line of a member's access log, as far as it is looked at here. */
export interface Served {
  node: string;
  name: string;
  /** Of the claim by which it was served. */
  generation: number;
  start: Instant;
  clientAddress: string;
  sourcePort: number;
}

/** A line of an agent's log: what became of a service of its own. */
export interface Told {
  agent: string;
  service: string;
  event: string;
  at: Instant;
  /** Of `ready`: the member that it is registered with. */
  node?: string;
  /** Of `refused`. */
  code?: string;
}

/** What was done to the fleet, from when until all was well again. */
export interface Phase {
  scenario: string;
  begin: Instant;
  end: Instant;
  /** The member that it was done to: clients of it and of the names that it has may be refused or cut. Nobody else's may. */
  struck?: string;
  /** Members that are ended as they should be: no client is to go there meanwhile, and none may notice. */
  drained?: string[];
}

/** A member that the clients stopped to go to, or go to again. */
export interface Rotation {
  node: string;
  isIn: boolean;
  at: Instant;
}

/** A service got other bytes than its client had sent. */
export interface Mistake {
  service: string;
  at: Instant;
}

/** The records of one run, one JSON object in each line of each file. */
export interface Records {
  visits: Visit[];
  served: Served[];
  told: Told[];
  phases: Phase[];
  rotations: Rotation[];
  mistakes: Mistake[];
}

export class RecordFile<R> {
  readonly #path: string;

  constructor(name: string) {
    this.#path = join(LEFT_IN, `${name}.jsonl`);
  }

  add(record: R): void {
    appendFileSync(this.#path, `${JSON.stringify(record)}\n`);
  }

  all(): R[] {
    return linesOf(this.#path) as R[];
  }
}

/** What is in a file of lines; a last one that is not whole was being written when its process was killed. */
export function linesOf(path: string): unknown[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
}

/** Writes what a program logs into a file, as it comes. */
export function keepLog({ child }: Program, name: string): void {
  const file = createWriteStream(join(LEFT_IN, `${name}.log`));
  for (const output of [child.stdout, child.stderr]) output?.pipe(file, { end: false });
}
