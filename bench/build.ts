import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './scratch.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** A copy of the package as built now: a rebuild during the run must not mix two builds' samples. */
export const build = join(scratch, 'build');
cpSync(join(root, 'dist'), join(build, 'dist'), { recursive: true });
cpSync(join(root, 'package.json'), join(build, 'package.json'));
symlinkSync(join(root, 'node_modules'), join(build, 'node_modules'));

/** Tells builds apart, whatever git says. */
export function fingerprint(): string {
  const names = readdirSync(join(build, 'dist'), { recursive: true, encoding: 'utf8' }).sort();
  const hash = createHash('sha256');
  for (const name of names.filter((name) => name.endsWith('.js'))) {
    hash.update(name).update(readFileSync(join(build, 'dist', name)));
  }
  return hash.digest('hex').slice(0, 12);
}
