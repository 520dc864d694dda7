import { parseArgs } from 'node:util';

export interface Options {
  rounds: number;
  /** Seconds of one measurement, after its warm-up. */
  seconds: number;
  idlePairs: number;
  /** The Node that runs our broker and agent; the load generator keeps the harness's own. */
  node: string;
  /** Names of the workloads to run; all of them when empty. */
  only: string[];
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
      profile: { type: 'string' },
    },
  });
  const { quick, node, only, profile } = values;
  const rounds = Number(values.rounds ?? (quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a count from 1');
  return { rounds, seconds: quick ? 1 : 3, idlePairs: quick ? 500 : 2000, node, only, profile };
}
