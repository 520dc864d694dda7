import type * as v from 'valibot';
import type { Option, Options } from '../options/option.ts';
import type { Program } from '../options/program.ts';
import { dashed } from '../options/spelling.ts';

/** What may stand for a value: one of a few words, a file, or what only the user knows. */
export type Value = { oneOf: readonly string[] } | { file: boolean };

export interface Flag {
  /** With its dashes. */
  name: string;
  help: string;
  /** How its value is called; undefined where it has none. */
  hint: string | undefined;
  value: Value;
  repeatable: boolean;
}

/** A program, or a command of it, as a shell sees it. */
export interface CommandLine {
  /** The words behind the program's name; none for the program itself. */
  words: readonly string[];
  flags: Flag[];
  positionals: { name: string; value: Value }[];
}

const BUILT_IN: Flag[] = [
  { name: '--help', help: 'Say what there is' },
  { name: '--version', help: 'Say which version this is' },
].map((flag) => ({ ...flag, hint: undefined, value: { file: false }, repeatable: false }));

/** The program's own first, then its commands. */
export function commandLinesOf(program: Program): CommandLine[] {
  return [program, ...(program.commands ?? [])].map(({ name, options }) => ({
    words: name.split(' ').slice(1),
    flags: [...flagsOf(options), ...BUILT_IN],
    positionals: Object.entries(options)
      .filter(([, { positional }]) => positional)
      .map(([key, option]) => ({ name: dashed(key), value: valueFor(option) })),
  }));
}

/** Which words may come next, by those that are there, of a program's commands. */
export function nextWordsOf(commands: readonly CommandLine[]): Map<string, string[]> {
  const next = new Map<string, Set<string>>();
  for (const { words } of commands) {
    for (const [n, word] of words.entries()) {
      const before = words.slice(0, n).join(' ');
      next.set(before, (next.get(before) ?? new Set()).add(word));
    }
  }
  return new Map([...next].map(([before, words]) => [before, [...words]]));
}

function flagsOf(options: Options): Flag[] {
  return Object.entries(options)
    .filter(([, { positional }]) => !positional)
    .map(([key, option]) => ({
      name: `--${dashed(key)}`,
      help: option.help,
      hint: option.hint,
      value: valueFor(option),
      repeatable: option.list === true,
    }));
}

function valueFor({ schema, hint }: Option): Value {
  const choices = choicesOf(schema);
  return choices === undefined ? { file: hint === 'file' } : { oneOf: choices };
}

function choicesOf(schema: v.GenericSchema): string[] | undefined {
  if ('wrapped' in schema) return choicesOf(schema.wrapped as v.GenericSchema);
  return schema.type === 'picklist' && 'options' in schema
    ? (schema.options as string[])
    : undefined;
}
