import { resolve } from 'node:path';
import { versionOnPath } from './on-path.ts';

/** A program that makes and takes traffic: it takes the commands of load/commands.ts. */
export interface Generator {
  readonly version: string;
  readonly command: string;
  readonly args: readonly string[];
}

const path = (name: string) => resolve('bench', name);

export const plain: Generator = {
  version: `node ${process.version}`,
  command: process.execPath,
  args: ['--import', 'tsx', path('load.ts')],
};

/** Takes the fewest cycles; undefined without Python on PATH. */
export const lean = leanOn(versionOnPath('python3', '--version'));

function leanOn(version: string | undefined): Generator | undefined {
  if (version === undefined) return undefined;
  // -B: no compiled files beside the sources.
  return { version, command: 'python3', args: ['-B', path('lean-load')] };
}
