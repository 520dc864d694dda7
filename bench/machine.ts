import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { lean, plain } from './generators.ts';

export interface Machine {
  /** Of the relay's processes. */
  node: string;
  /** The load generator's interpreter. */
  load: string;
  kernel: string;
  /** The TCP congestion control that connections get, which paces bulk traffic even on loopback. */
  congestionControl: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
}

export function describeMachine(node: string): Machine {
  return {
    node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
    load: (lean ?? plain).version,
    kernel: `${type()} ${release()}`,
    congestionControl: readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
