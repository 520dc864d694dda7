import { readFileSync } from 'node:fs';

/** Where systemd keeps the processes of a service together (cgroups(7)), by what /proc calls the hierarchy. */
const HIERARCHIES: Record<string, string[]> = {
  '': ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'],
  'name=systemd': ['/sys/fs/cgroup/systemd'],
};

/**
 * Whether another process is one of the same service. What /proc says of it cannot be seen
 * from within a service for which `ProtectProc=` hides others.
 */
export function isOfOurService(pid: number): boolean {
  const own = read('/proc/self/cgroup').matchAll(/^\d+:(.*?):(.*)$/gm);
  return [...own].some(([, name = '', path = '']) =>
    (HIERARCHIES[name] ?? []).some((root) =>
      read(`${root}${path}/cgroup.procs`).split('\n').includes(`${pid}`),
    ),
  );
}

/** Empty where there is none. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
