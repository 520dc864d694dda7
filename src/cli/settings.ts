import { parseArgs } from 'node:util';
import type { ArgsDef } from 'citty';
import * as v from 'valibot';
import { RelayError } from '../errors.ts';
import { checkOptions, type Options, type OptionsOutput } from '../options/option.ts';

/** The options as citty defines them. Values are checked later, together with the environment's. */
export function toArgs(options: Options): ArgsDef {
  return Object.fromEntries(
    Object.entries(options).map(([key, { help, hint, positional, schema }]) => {
      const fallback = v.getDefault(schema);
      const shown = fallback === undefined || fallback === false ? '' : `, default ${fallback}`;
      const description = `${help} (${variableOf(key)}${shown})`;
      if (positional) return [key, { type: 'positional', required: false, description }];
      const type = hint === undefined ? 'boolean' : 'string';
      return [dashed(key), { type, description, ...(hint && { valueHint: hint }) }];
    }),
  );
}

/** Settings from the command line, else the environment, else the defaults. Throws `E_BAD_OPTION`. */
export function settingsFrom<O extends Options>(
  options: O,
  args: Record<string, unknown> & { _: string[] },
  environment: NodeJS.ProcessEnv,
  rawArgs: string[],
): OptionsOutput<O> {
  refuseUnknown(options, args, rawArgs);
  const given: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const arg = option.repeatable ? all(dashed(key), rawArgs) : (args[key] ?? args[dashed(key)]);
    const value = arg ?? (environment[variableOf(key)] || undefined);
    if (value !== undefined)
      given[key] = typeof value === 'string' ? typed(value, option.schema) : value;
  }
  return checkOptions(options, given);
}

/** citty knows but the last value of an option. */
function all(flag: string, rawArgs: string[]): string | undefined {
  const options = { [flag]: { type: 'string', multiple: true } } as const;
  const { values } = parseArgs({ args: rawArgs, options, strict: false });
  const given = values[flag];
  // A flag without a value is true.
  return Array.isArray(given)
    ? given.map((value) => (value === true ? '' : value)).join()
    : undefined;
}

/** citty takes whatever it is given, and drops a positional given by name; a mistake must not go unnoticed. */
function refuseUnknown(
  options: Options,
  args: Record<string, unknown> & { _: string[] },
  rawArgs: string[],
): void {
  const positionals = Object.keys(options).filter((key) => options[key]?.positional);
  const named = new Set(['_', ...Object.keys(options).flatMap((key) => [key, dashed(key)])]);
  const unknown = Object.keys(args).filter((key) => !named.has(key));
  const wrong = [
    ...unknown.map((key) => (key.length > 1 ? `--${key}` : `-${key}`)),
    ...args._.slice(positionals.length),
    ...rawArgs.filter((arg) => positionals.some((key) => arg.split('=')[0] === `--${key}`)),
  ];
  if (wrong.length > 0) {
    throw new RelayError('E_BAD_OPTION', `unknown on the command line: ${wrong.join(', ')}`);
  }
}

const FLAGS: Record<string, boolean> = { true: true, 1: true, false: false, 0: false };

/** A text as the type that its schema takes. What does not fit is left for the schema to refuse. */
function typed(text: string, schema: v.GenericSchema): unknown {
  if (v.safeParse(schema, text).success) return text;
  if (v.safeParse(schema, true).success) return FLAGS[text] ?? text;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function dashed(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function variableOf(key: string): string {
  return `RELAY_${dashed(key).replaceAll('-', '_').toUpperCase()}`;
}
