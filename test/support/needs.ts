import { spawnSync } from 'node:child_process';

/**
 * Options for a test that needs other programs: skipped, visibly, where one is
 * missing. In CI, which installs them, a missing one is a failure instead.
 */
export function needs(...programs: string[]): { skip: string | false } {
  const missing = programs.filter((program) => !isThere(program));
  return missing.length === 0 ? { skip: false } : skip(`needs ${missing.join(', ')}`);
}

export function isThere(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}

/** {@link needs}, and the right to make network namespaces. */
export function needsNetworkOf(...programs: string[]): { skip: string | false } {
  return process.getuid?.() === 0 ? needs(...programs) : skip('needs root');
}

function skip(reason: string): { skip: string } {
  if (process.env.RELAY_TEST_NO_SKIP) throw new Error(`${reason}, and nothing may be skipped`);
  return { skip: reason };
}
