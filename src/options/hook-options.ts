import * as v from 'valibot';
import { textThat } from './values.ts';

const URL_START = /^https?:\/\//i;

/** A URL that events are sent to, or a command that the shell runs for each. */
export type HookTarget = { url: string } | { command: string };

/** Undefined if it is neither. */
export function parseHook(hook: string): HookTarget | undefined {
  if (!URL_START.test(hook)) return hook.trim() === '' ? undefined : { command: hook };
  if (!URL.canParse(hook)) return undefined;
  const { href, username, password } = new URL(hook);
  // fetch() takes none with credentials.
  return username === '' && password === '' ? { url: href } : undefined;
}

/** Whom `relay-broker` tells what happens; the library has events. */
export const hookOptions = {
  /** A URL, or a command for the shell. Default: none. */
  hook: {
    schema: v.optional(
      textThat(
        (hook) => parseHook(hook) !== undefined,
        'an http or https URL without a password, or a command',
      ),
    ),
    hint: 'url or command',
    help: 'Tell this URL, or this command on its stdin, what happens, as JSON',
    // Who knows the URL of a chat room may write there.
    secret: true,
  },
} as const;
