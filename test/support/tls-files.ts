import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Authority, createAuthority } from './certificates.ts';
import { emptyFolder } from './folder.ts';

/** A broker's certificate in files, and whom to trust for it. */
export interface TlsFiles {
  folder: string;
  authority: Authority;
  ca: string;
  cert: string;
  key: string;
}

export async function tlsFiles(t: TestContext): Promise<TlsFiles> {
  const folder = await emptyFolder(t);
  const authority = createAuthority();
  const server = authority.server();
  const write = async (name: string, text: string) => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  return {
    folder,
    authority,
    ca: await write('ca.pem', authority.cert),
    cert: await write('cert.pem', server.cert),
    key: await write('key.pem', server.key),
  };
}
