import { spawnSync } from 'node:child_process';

/** What a program says of its version, in one line; undefined when it is not on PATH. */
export function versionOnPath(command: string, ...args: string[]): string | undefined {
  const { error, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  const said = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? stdout.trim();
  return `${command} ${said}`;
}
