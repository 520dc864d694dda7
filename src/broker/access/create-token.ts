import { open, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import writeFileAtomic from 'write-file-atomic';
import { RelayError, reasonOf } from '../../errors.ts';
import { NAME } from '../../protocol/extended.ts';
import { drawToken } from '../../protocol/proof.ts';
import { parseTokenFile, readTokenFile, TOKEN_FILE_VERSION } from './token-file.ts';

/** Tries to get a file for oneself, and milliseconds between them: five seconds in all. */
const LOCK_TRIES = 50;
const LOCK_PAUSE = 100;

/**
 * Makes a token and adds it to a tokens file, which is made if there is none.
 *
 * @returns the token.
 * @throws RelayError `E_BAD_OPTION` for what cannot be a name, `E_TOKENS` when there is a token of
 *   that name and when the file cannot be used or written.
 */
export async function createToken(file: string, name: string): Promise<string> {
  if (!NAME.test(name)) {
    throw new RelayError('E_BAD_OPTION', 'name: expected 1 to 64 of the characters a-z, 0-9 and -');
  }
  const lock = `${file}.lock`;
  try {
    await take(lock);
    try {
      return await add(file, name);
    } finally {
      await rm(lock, { force: true });
    }
  } catch (error) {
    if (error instanceof RelayError) throw error;
    const reason = reasonOf(error);
    throw new RelayError('E_TOKENS', `Cannot write the tokens file ${file}: ${reason}.`, {
      cause: error,
    });
  }
}

async function add(file: string, name: string): Promise<string> {
  const { tokens, ...rest } = await contentsOf(file);
  if (Object.hasOwn(tokens, name)) {
    const way = 'Take it out of the file first, or choose another name.';
    throw new RelayError('E_TOKENS', `There is a token named "${name}" in ${file}. ${way}`);
  }
  const token = drawToken(name);
  const contents = { ...rest, tokens: { ...tokens, [name]: { token } } };
  await writeFileAtomic(file, `${JSON.stringify(contents, null, 2)}\n`, { mode: 0o600 });
  return token;
}

/** What the file holds, as it is written there. */
async function contentsOf(file: string): Promise<{ version: number; tokens: object }> {
  try {
    const text = String(await readTokenFile(file));
    parseTokenFile(file, text);
    return JSON.parse(text);
  } catch (error) {
    if (isMissing(error)) return { version: TOKEN_FILE_VERSION, tokens: {} };
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof RelayError &&
    (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
  );
}

/** Two who add at a time would each write a file without the other's token. */
async function take(lock: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const handle = await open(lock, 'wx', 0o600);
      return await handle.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (tries === LOCK_TRIES) throw heldBack(lock, error);
    }
    await delay(LOCK_PAUSE);
  }
}

function heldBack(lock: string, cause: unknown): RelayError {
  return new RelayError(
    'E_TOKENS',
    `Another "relay-broker token create" is changing the file. If none is running, one was killed: remove ${lock}.`,
    { cause },
  );
}
