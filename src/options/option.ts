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
  /** May be given several times on the command line, which is the same as once with commas. */
  repeatable?: true;
  /** Other options without one of which this one does nothing: given alone, it is a mistake. */
  needs?: readonly string[];
  /** Other options that say something else about the same thing. */
  excludes?: readonly string[];
}

export type Options = Record<string, Option>;

/** What a user of the library may give: what has a default may be left out. */
export type OptionsInput<O extends Options> = Partial<{
  [K in keyof O]: v.InferInput<O[K]['schema']>;
}>;

/** What the program works with: checked, and nothing missing. */
export type OptionsOutput<O extends Options> = { [K in keyof O]: v.InferOutput<O[K]['schema']> };

/** Checks all options. Throws `E_BAD_OPTION` naming every one at fault, unknown ones too. */
export function checkOptions<O extends Options>(options: O, input: object = {}): OptionsOutput<O> {
  const entries = Object.entries(options).map(([key, { schema }]) => [key, schema]);
  const result = v.safeParse(v.object(Object.fromEntries(entries)), input);
  const unknown = Object.keys(input).filter((key) => !Object.hasOwn(options, key));
  const given = givenIn(options, input);
  const faults = [
    ...(result.issues ?? []).map(describeIssue),
    ...unknown.map((key) => `unknown option ${key}`),
    ...Object.entries(options).flatMap(([key, option]) => misfits(key, option, given)),
  ];
  if (result.success && faults.length === 0) return result.output as OptionsOutput<O>;
  throw new RelayError('E_BAD_OPTION', faults.join('; '));
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
): string[] {
  if (!given.has(key)) return [];
  const clashes = excludes.filter((other) => given.has(other));
  const alone = needs !== undefined && !needs.some((other) => given.has(other));
  return [
    ...(alone ? [`${key}: needs ${needs.join(' or ')}`] : []),
    ...clashes.map((other) => `${key}: cannot be given together with ${other}`),
  ];
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const key = String(issue.path?.[0]?.key);
  return issue.received === 'undefined' ? `${key} is missing` : `${key}: ${issue.message}`;
}
