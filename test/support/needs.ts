import { spawnSync } from 'node:child_process';

/**
 * Options for a test that needs other programs: skipped, visibly, where one is
 * missing. In CI, which installs them, a missing one is a failure instead.
 */
export function needs(...programs: string[]): { skip: string | false } {
  const missing = programs.filter((program) => spawnSync('which', [program]).status !== 0);
  if (missing.length === 0) return { skip: false };
  const reason = `needs ${missing.join(', ')}`;
  if (process.env.RELAY_TEST_NO_SKIP) throw new Error(`${reason}, and nothing may be skipped`);
  return { skip: reason };
}
