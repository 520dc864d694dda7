import { readFileSync } from 'node:fs';

/** The kernel's USER_HZ, which proc(5) counts CPU time in: 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time of all threads; NaN for a process that there is not. */
export function cpuSeconds(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name, in which spaces and brackets may occur.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory; NaN for a process that there is not. */
export function residentKiB(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
}
