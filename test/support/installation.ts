import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/**
 * A copy of the built package with what it depends on, as another user may read
 * it, and with or without the optional packages. Returns its folder.
 */
export async function installation(t: TestContext, { optional = true } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-installation-'));
  t.after(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const { dependencies, optionalDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  const packages = Object.keys(
    optional ? { ...dependencies, ...optionalDependencies } : dependencies,
  );
  // The binaries of koffi are packages of their own.
  if (optional) packages.push('@koromix');
  const copied = ['dist', 'package.json', ...packages.map((name) => `node_modules/${name}`)];
  await Promise.all(copied.map((path) => cp(path, join(folder, path), { recursive: true })));
  return folder;
}
