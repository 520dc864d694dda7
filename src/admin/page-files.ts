import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the built page lies: beside this program. */
const FOLDER = fileURLToPath(new URL('./page/', import.meta.url));

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface PageFile {
  type: string;
  contents: Uint8Array<ArrayBuffer>;
}

/** The files of the status page by name. They hold nothing of the broker's, and none that is asked for is looked up on disk. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  // What is compiled but not bundled yet has no page, and all else.
  const names = await readdir(FOLDER).catch(() => []);
  const files = names.flatMap((name) => {
    const type = TYPES[extname(name)];
    return type === undefined ? [] : [{ name, type }];
  });
  return new Map(
    await Promise.all(
      files.map(async ({ name, type }) => {
        const contents = new Uint8Array(await readFile(join(FOLDER, name)));
        return [name, { type, contents }] as const;
      }),
    ),
  );
}
