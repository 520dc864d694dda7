import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const PATIENCE = 2000;

const alive = new Set<ChildProcess>();

// Runs on every way out, also after an uncaught error; signals are turned into an exit in run.ts.
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Sees to it that the child does not outlive this process. */
export function keep<C extends ChildProcess>(child: C): C {
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  return child;
}

export async function stop(child: ChildProcess): Promise<void> {
  if (!alive.has(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const deadline = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  await exited;
  clearTimeout(deadline);
}
