import { parseArgs } from 'node:util';
import type { ArgsDef } from 'citty';
import * as v from 'valibot';
import type { Given, Layer } from '../config/layer.ts';
import { RelayError } from '../errors.ts';
import type { Option, Options } from '../options/option.ts';
import { dashed, variableOf } from '../options/spelling.ts';

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

/** What the command line says, and else the environment. Throws `E_BAD_OPTION` for what no option is. */
export function givenBy(
  options: Options,
  args: Record<string, unknown> & { _: string[] },
  environment: NodeJS.ProcessEnv,
  rawArgs: string[],
): Layer {
  refuseUnknown(options, args, rawArgs);
  const said = saidOf(options, rawArgs);
  const given = new Map<string, Given>();
  for (const [key, option] of Object.entries(options)) {
    const { schema, positional } = option;
    const flag = dashed(key);
    const variable = variableOf(key);
    const arg = positional ? args[key] : settingOf(option, said.get(flag));
    const written = arg ?? (environment[variable] || undefined);
    if (written === undefined) continue;
    const value = typeof written === 'string' ? typed(written, schema) : written;
    const name = arg === undefined ? variable : positional ? 'command line' : `--${flag}`;
    given.set(key, { value, origin: { from: 'outside', name } });
  }
  return given;
}

/**
 * All that the command line says of each flag, in its order: what stands behind it, or whether it is meant where
 * nothing does. citty knows but the last value, and takes `--verbose=0` for yes.
 */
function saidOf(options: Options, rawArgs: string[]): Map<string, (string | boolean)[]> {
  const flags = Object.entries(options).filter(([, { positional }]) => !positional);
  const types = flags.flatMap(([key, { hint }]) => {
    const type = hint === undefined ? 'boolean' : 'string';
    return [key, dashed(key)].map((name) => [name, { type }] as const);
  });
  const { tokens } = parseArgs({
    args: rawArgs,
    options: Object.fromEntries(types),
    strict: false,
    tokens: true,
  });
  const said = new Map<string, (string | boolean)[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const [, no, name = ''] = /^(no-)?(.*)$/.exec(token.name) ?? [];
    const flag = dashed(name);
    said.set(flag, [...(said.get(flag) ?? []), token.value ?? no === undefined]);
  }
  return said;
}

/** Of several, all count for a list, and else the last. */
function settingOf({ list, hint }: Option, said: (string | boolean)[] | undefined): unknown {
  // A flag that wants a value and has none is empty.
  const values = said?.map((each) => (hint === undefined ? each : each === true ? '' : each));
  return list ? values?.join() : values?.at(-1);
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
