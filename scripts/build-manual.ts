// Part of npm run build: writes the manual pages into dist/man.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { programs } from '#src/options/programs.ts';
import { manualPages } from './manual/pages.ts';

const FOLDER = 'dist/man';

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
for (const [name, text] of manualPages(programs, version))
  await writeFile(`${FOLDER}/${name}`, text);
