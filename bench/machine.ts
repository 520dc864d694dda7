import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';

export interface Machine {
  /** Of the relay's processes. */
  node: string;
  /** Of the load generator. */
  loadNode: string;
  kernel: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
}

export function describeMachine(node: string): Machine {
  return {
    node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
    loadNode: process.version,
    kernel: `${type()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
