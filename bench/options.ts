import { parseArgs } from 'node:util';

export interface Options {
  rounds: number;
  /** Seconds of one measurement, after its warm-up. */
  seconds: number;
  /** The Node that runs our broker and agent; the load generator keeps the harness's own. */
  node: string;
  /** Names of the workloads to run; all of them when empty. */
  only: string[];
  /** Names of the relays to run; all that are here when empty. */
  relays: string[];
  /** Folder for CPU profiles of our broker. */
  profile: string | undefined;
}

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      node: { type: 'string', default: process.execPath },
      only: { type: 'string', multiple: true, default: [] },
      relay: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
    },
  });
  const { quick, node, only, relay: relays, profile } = values;
  const rounds = Number(values.rounds ?? (quick ? 1 : 4));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a count from 1');
  return { rounds, seconds: quick ? 1 : 2, node, only, relays, profile };
}
