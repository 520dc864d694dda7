import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** An empty folder; gone, with what is in it, when the test ends. */
export async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-test-'));
  t.after(() => rm(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}
