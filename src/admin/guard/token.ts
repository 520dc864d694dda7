import { open } from 'node:fs/promises';
import { RelayError, reasonOf } from '../../errors.ts';
import { isOpenToOthers } from '../../file-mode.ts';

/** Characters of a token at least: what is shorter can be guessed. */
const SHORTEST = 16;

/** What a token may consist of, since it is sent in a header (RFC 6750, 2.1). */
const TOKEN = /^[\w\-.~+/]+=*$/;

const HINT = 'Make one with: openssl rand -base64 32';

/** The token in the first line of a file. Throws `E_BAD_OPTION`, which never holds the token. */
export function parseToken(file: string, contents: string): string {
  const token = contents.split('\n', 1)[0]?.trim() ?? '';
  if (token.length < SHORTEST) {
    throw unusable(file, `the token in its first line is shorter than ${SHORTEST} characters`);
  }
  if (!TOKEN.test(token)) {
    throw unusable(file, 'a token has nothing but letters, digits and -._~+/, and = at its end');
  }
  return token;
}

/** What is in a token's file, and whether others than its owner can read it. Throws `E_BAD_OPTION`. */
export async function readTokenFile(file: string): Promise<{ contents: Buffer; exposed: boolean }> {
  try {
    const handle = await open(file);
    try {
      const stats = await handle.stat();
      return { contents: await handle.readFile(), exposed: isOpenToOthers(stats) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new RelayError('E_BAD_OPTION', `adminTokenFile: ${file}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function unusable(file: string, why: string): RelayError {
  return new RelayError('E_BAD_OPTION', `adminTokenFile: ${file}: ${why}. ${HINT}`);
}
