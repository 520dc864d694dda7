import { randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { BrokerOptions } from '#src/options/broker-options.ts';
import { startBroker } from './broker.ts';
import { emptyFolder } from './folder.ts';

/** A new token of that name. */
export function tokenOf(name: string): string {
  return `${name}.${randomBytes(32).toString('base64url')}`;
}

/** A file of these tokens, and what replaces them. */
export async function tokensFile(t: TestContext, tokens: Record<string, object>) {
  const file = join(await emptyFolder(t), 'tokens');
  const replace = async (by: Record<string, object>) => {
    await writeFile(`${file}.new`, JSON.stringify({ version: 1, tokens: by }), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  await replace(tokens);
  return { file, replace };
}

/** A broker whose tokens these are, and what replaces them. */
export async function startGuarded(
  t: TestContext,
  tokens: Record<string, object>,
  options: Partial<BrokerOptions> = {},
) {
  const { file, replace } = await tokensFile(t, tokens);
  return { replace, ...(await startBroker(t, { tokens: file, ...options })) };
}
