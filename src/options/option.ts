import * as v from 'valibot';
import { RelayError } from '../errors.ts';

/**
 * One option, described once: the command line, the environment, the library's
 * types, defaults and `--help` all come from this.
 */
export interface Option<Schema extends v.GenericSchema = v.GenericSchema> {
  /** Checks a value and fills in the default, but never changes its form. */
  schema: Schema;
  help: string;
  /** How a value looks in `--help`; a flag without a value has none. */
  hint?: string;
  /** Given by place instead of by name on the command line. */
  positional?: true;
  /** Other options without one of which this one does nothing: given alone, it is a mistake. */
  needs?: readonly string[];
  /** Other options that say something else about the same thing. */
  excludes?: readonly string[];
  /** Several values, with commas between them. It may be given several times on the command line as well, and be an array in a configuration file. */
  list?: true;
  /** Not to be shown to anybody. */
  secret?: true;
  /** What to do this time, rather than how: there is no place for it in a configuration file. */
  momentary?: true;
}

export type Options = Record<string, Option>;

/** What a user of the library may give: what has a default may be left out. */
export type OptionsInput<O extends Options> = Partial<{
  [K in keyof O]: v.InferInput<O[K]['schema']>;
}>;

/** What the program works with: checked, and nothing missing. */
export type OptionsOutput<O extends Options> = { [K in keyof O]: v.InferOutput<O[K]['schema']> };

/** What some settings say of some options. */
export function pickOptions<O extends Options>(
  options: O,
  settings: OptionsOutput<O>,
): OptionsOutput<O> {
  const picked = Object.keys(options).map((key) => [key, settings[key]]);
  return Object.fromEntries(picked) as OptionsOutput<O>;
}

/** The options that differ. */
export function changedOptions<T extends object>(before: T, now: T): (keyof T & string)[] {
  // What is not set may be left out.
  const keys = new Set([...Object.keys(before), ...Object.keys(now)] as (keyof T & string)[]);
  return [...keys].filter((key) => before[key] !== now[key]);
}

/** What is wrong with one option. */
export type Fault = { key: string } & (
  | { is: 'missing'; alternatives?: readonly string[] }
  /** Other options are named in braces. */
  | { is: 'wrong'; why: string }
  | { is: 'unknown' }
  | { is: 'alone'; needs: readonly string[] }
  | { is: 'clashing'; other: string }
);

/** Checks all options. Throws `E_BAD_OPTION` naming every one at fault, unknown ones too. */
export function checkOptions<O extends Options>(options: O, input: object = {}): OptionsOutput<O> {
  const checked = examine(options, input);
  if ('settings' in checked) return checked.settings;
  throw badOptions(checked.faults);
}

/** All that is wrong with some options, or what the program works with. */
export function examine<O extends Options>(
  options: O,
  input: object,
): { settings: OptionsOutput<O> } | { faults: Fault[] } {
  const entries = Object.entries(options).map(([key, { schema }]) => [key, schema]);
  // One fault for each option is enough.
  const result = v.safeParse(v.object(Object.fromEntries(entries)), input, ONE_FAULT);
  const unknown = Object.keys(input).filter((key) => !Object.hasOwn(options, key));
  const given = givenIn(options, input);
  const faults: Fault[] = [
    ...(result.issues ?? []).map(faultOf),
    ...unknown.map((key) => ({ key, is: 'unknown' as const })),
    ...Object.entries(options).flatMap(([key, option]) => misfits(key, option, given)),
  ];
  return result.success && faults.length === 0
    ? { settings: result.output as OptionsOutput<O> }
    : { faults };
}

const ONE_FAULT = { abortPipeEarly: true };

export function badOptions(faults: readonly Fault[]): RelayError {
  return new RelayError('E_BAD_OPTION', faults.map((fault) => inWords(fault)).join('; '));
}

/** @param spell - how options are written where the fault is read */
export function inWords(fault: Fault, spell = (key: string) => key): string {
  const name = spell(fault.key);
  switch (fault.is) {
    case 'missing':
      return [`${name} is missing`, ...(fault.alternatives ?? []).map(spell)].join(', or ');
    case 'wrong':
      return `${name}: ${fault.why.replace(/\{(\w+)\}/g, (_, key) => spell(key))}`;
    case 'unknown':
      return `unknown option ${name}`;
    case 'alone':
      return `${name}: needs ${fault.needs.map(spell).join(' or ')}`;
    case 'clashing':
      return `${name}: cannot be given together with ${spell(fault.other)}`;
  }
}

/** What somebody has set. A default counts as not given: those who come behind the first check see all of them. */
function givenIn(options: Options, input: object): ReadonlySet<string> {
  const values = new Map(Object.entries(input));
  const given = Object.entries(options).filter(([key, { schema }]) => {
    const value = values.get(key);
    return value !== undefined && value !== v.getDefault(schema);
  });
  return new Set(given.map(([key]) => key));
}

/** What is wrong with an option for what else is given. */
function misfits(
  key: string,
  { needs, excludes = [] }: Option,
  given: ReadonlySet<string>,
): Fault[] {
  if (!given.has(key)) return [];
  const clashes = excludes.filter((other) => given.has(other));
  const alone = needs !== undefined && !needs.some((other) => given.has(other));
  return [
    ...(alone ? [{ key, is: 'alone' as const, needs }] : []),
    ...clashes.map((other) => ({ key, is: 'clashing' as const, other })),
  ];
}

function faultOf(issue: v.BaseIssue<unknown>): Fault {
  const key = String(issue.path?.[0]?.key);
  return issue.received === 'undefined'
    ? { key, is: 'missing' }
    : { key, is: 'wrong', why: issue.message };
}
