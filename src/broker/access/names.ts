import { ANY_NAME, type TokenRights } from './token-rights.ts';

/** How a registrant wants its service to be known. */
export interface NameWish {
  name?: string | undefined;
  /** Whether it shares its name or its client port with others. */
  group?: boolean | undefined;
}

/**
 * Why a registrant cannot have what it asks for, if it cannot.
 *
 * @param rights - of its token; undefined where it takes none to register. Then anybody may have
 * any name, and nobody share it: friends could not be told from strangers.
 */
export function nameRefusal(
  { name, group = false }: NameWish,
  rights: TokenRights | undefined,
): 'name-forbidden' | 'group-forbidden' | undefined {
  if (group && rights?.group !== true) return 'group-forbidden';
  if (name === undefined || rights === undefined) return undefined;
  const isEntitled = rights.names.includes(name) || rights.names.includes(ANY_NAME);
  return isEntitled ? undefined : 'name-forbidden';
}
