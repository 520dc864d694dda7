import { isUtf8 } from 'node:buffer';
import { ConfigError } from './config-error.ts';
import { locate } from './place.ts';

/** What a decoder puts in the place of bytes that are no character. */
const REPLACEMENT = '\ufffd';

/**
 * The text of a configuration file: TOML is UTF-8 and nothing else, and a name in another encoding would be that of another file.
 *
 * @throws ConfigError
 */
export function decode(file: string, bytes: Buffer): string {
  const text = bytes.toString();
  if (isUtf8(bytes)) return text;
  const before = text.slice(0, text.indexOf(REPLACEMENT)).split('\n');
  const at = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  throw new ConfigError([locate(file, { at, text: 'not TOML: this is not in UTF-8' })]);
}
