import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that goes when the process does. */
export const scratch = mkdtempSync(join(tmpdir(), 'relay-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
