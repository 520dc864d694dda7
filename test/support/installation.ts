import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

interface Lock {
  packages: Record<string, { dev?: boolean; optional?: boolean }>;
}

/**
 * A copy of the built package with what it depends on, as another user may read
 * it, and with or without the optional packages. Returns its folder.
 */
export async function installation(t: TestContext, { optional = true } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-installation-'));
  t.after(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as Lock;
  const wanted = Object.entries(packages)
    .filter(([path, each]) => path !== '' && !each.dev && (optional || !each.optional))
    .map(([path]) => path)
    // Those for other platforms are locked, too.
    .filter(existsSync);
  const copied = ['dist', 'package.json', ...wanted];
  await Promise.all(copied.map((path) => cp(path, join(folder, path), { recursive: true })));
  return folder;
}
