import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Writes the first block of a language in README.md into a file of its own, and returns its path. */
export async function firstBlock(t: TestContext, language: string, file: string): Promise<string> {
  const readme = await readFile('README.md', 'utf8');
  const block = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readme)?.[1];
  if (block === undefined) throw new Error(`README.md has no ${language} block`);
  const folder = await mkdtemp(join(tmpdir(), 'relay-readme-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, file), block);
  return join(folder, file);
}
