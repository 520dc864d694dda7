import { resolve } from 'node:path';
import * as v from 'valibot';
import type { Option, Options } from '../options/option.ts';
import { dashed } from '../options/spelling.ts';
import type { Given, Layer, Origin } from './layer.ts';
import { type Configuration, UNNAMED } from './resolve.ts';
import { type AnyShape, SERVICES } from './shape.ts';

/**
 * Settings as a file that gives the same ones, each with where it comes from. The names of files are
 * whole, so that it does not matter where that file is; secrets are left out.
 *
 * @param file - that was read, if any
 */
export function printConfiguration(
  shape: AnyShape,
  { process, services }: Configuration<Options, Options>,
  file: string | undefined,
): string {
  const unnamed = services.get(UNNAMED);
  const lines = (options: Options, given: Layer) =>
    Object.entries(options).flatMap(([key, option]) => {
      return option.momentary ? [] : lineOf(key, option, given.get(key), file);
    });
  const tables = [...services].filter(([name]) => name !== UNNAMED);
  const all = [
    ...(unnamed === undefined ? [] : lines(shape.service, unnamed.given)),
    ...lines(shape.process, process.given),
    ...tables.flatMap(([name, { given }]) => [
      '',
      `[${SERVICES}.${name}]`,
      ...lines(shape.service, given),
    ]),
  ];
  return `${all.join('\n')}\n`;
}

function lineOf(
  key: string,
  { schema, secret, hint }: Option,
  given: Given | undefined,
  file: string | undefined,
): string[] {
  const value = given?.value ?? v.getDefault(schema);
  if (value === undefined) return [];
  const origin = given === undefined ? 'default' : inWords(given.origin, file);
  if (secret) return [`# ${dashed(key)} is not shown (${origin})`];
  const whole = hint === 'file' ? resolve(String(value)) : value;
  return [`${dashed(key)} = ${toToml(whole)} # ${origin}`];
}

function inWords(origin: Origin, file: string | undefined): string {
  return origin.from === 'file' ? `${file}:${origin.key.line}` : origin.name;
}

/** Numbers and booleans are written as everywhere; texts nearly as in JSON. */
function toToml(value: unknown): string {
  return JSON.stringify(value).replaceAll('\x7f', '\\u007f');
}
