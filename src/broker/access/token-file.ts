import { open } from 'node:fs/promises';
import * as v from 'valibot';
import { RelayError, reasonOf } from '../../errors.ts';
import { isOpenToOthers } from '../../file-mode.ts';
import { escaped } from '../../protocol/printable.ts';
import { nameOfToken } from '../../protocol/proof.ts';
import { tokenEntry, tokenName, toRights } from './token-entry.ts';
import type { TokenRights } from './token-rights.ts';

export const TOKEN_FILE_VERSION = 1;

const contents = v.strictObject({
  version: v.literal(TOKEN_FILE_VERSION, `expected ${TOKEN_FILE_VERSION}`),
  // No v.record, which passes over a token named "constructor" without a word.
  tokens: v.pipe(
    v.custom<object>(isObject, 'expected an object with a member for each token'),
    v.transform((tokens) => new Map<string, unknown>(Object.entries(tokens))),
    v.map(tokenName, tokenEntry),
  ),
});

/** Reads a tokens file that nobody but its owner can read. Throws a RelayError `E_TOKENS`. */
export async function readTokenFile(file: string): Promise<Buffer> {
  try {
    const handle = await open(file);
    try {
      const stats = await handle.stat();
      if (isOpenToOthers(stats)) throw tooOpen(file);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof RelayError) throw error;
    throw new RelayError(
      'E_TOKENS',
      `Cannot read the tokens file ${file}: ${reasonOf(error)}. "relay-broker token create" makes one.`,
      { cause: error },
    );
  }
}

/** The tokens of a file by name. Throws a RelayError `E_TOKENS` that says what is wrong where, and tells no secret. */
export function parseTokenFile(file: string, text: string): Map<string, TokenRights> {
  const result = v.safeParse(contents, parseJson(file, text));
  if (!result.success) throw unusable(file, describe(result.issues[0]));
  return new Map(
    [...result.output.tokens].map(([name, entry]) => {
      if (nameOfToken(entry.token) !== name) {
        throw unusable(file, `tokens.${name}.token: expected a token that begins with "${name}."`);
      }
      return [name, toRights(name, entry)];
    }),
  );
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Its message quotes the file, which may be in the midst of a secret.
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const lines = position && text.slice(0, Number(position)).split('\n').length;
    throw unusable(file, `${lines ? `line ${lines}: ` : ''}it is not JSON`);
  }
}

function unusable(file: string, reason: string): RelayError {
  return new RelayError('E_TOKENS', `Cannot use the tokens file ${file}: ${reason}. Correct it.`);
}

function tooOpen(file: string): RelayError {
  return unusable(file, 'others than its owner have rights to it; take them away with "chmod 600"');
}

/** Never with what was received, which may be a secret at the wrong place; as a key, too. */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? 'contents';
  return `${escaped(path.replace(SECRET_LIKE, '…'))}: ${faultOf(issue)}`;
}

const SECRET_LIKE = /[\w-]{43,}/g;

function faultOf({ expected, received, message, kind }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return 'there is no such key';
  if (received === 'undefined') return 'is missing';
  return kind === 'schema' && !message.startsWith('expected') ? `expected ${expected}` : message;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
