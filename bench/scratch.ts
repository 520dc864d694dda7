import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that goes when the process does. */
export const scratch = mkdtempSync(join(tmpdir(), 'relay-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

let written = 0;

/** Returns the file's path. */
export function configFile(extension: string, content: string): string {
  written += 1;
  const file = join(scratch, `${written}.${extension}`);
  writeFileSync(file, content);
  return file;
}
