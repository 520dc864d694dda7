import { readFile, stat } from 'node:fs/promises';
import { RelayError, reasonOf } from '../../errors.ts';
import { isOpenToOthers } from '../../file-mode.ts';
import { nameOfToken } from '../../protocol/proof.ts';

export interface TokenSettings {
  token?: string | undefined;
  tokenFile?: string | undefined;
}

/**
 * The token, from where the user has it.
 *
 * @throws RelayError `E_BAD_OPTION`, which never holds the token.
 */
export async function readToken(settings: TokenSettings): Promise<string | undefined> {
  const { token, tokenFile } = settings;
  if (tokenFile !== undefined) {
    const text = await inFile(tokenFile, () => readFile(tokenFile, 'utf8'));
    return checked(text.trim(), `tokenFile: what is in ${tokenFile}`);
  }
  return token === undefined ? undefined : checked(token, 'token: what is given');
}

/** Whether others than its owner can do something with the file of the token. */
export async function isExposed({ tokenFile }: TokenSettings): Promise<boolean> {
  if (tokenFile === undefined) return false;
  const stats = await inFile(tokenFile, () => stat(tokenFile));
  return isOpenToOthers(stats);
}

async function inFile<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new RelayError('E_BAD_OPTION', `tokenFile: ${file}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function checked(token: string, what: string): string {
  if (nameOfToken(token) !== undefined) return token;
  throw new RelayError(
    'E_BAD_OPTION',
    `${what} is no token: expected <name>.<secret>, as relay-broker token create prints it`,
  );
}
