import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import type { Option, Options } from '../options/option.ts';
import { dashed } from '../options/spelling.ts';
import { ConfigError } from './config-error.ts';
import type { Given, Layer } from './layer.ts';
import { nearest } from './nearest.ts';
import { type Flaw, locate, type Place } from './place.ts';
import { type AnyShape, SERVICE_NAME, SERVICES, takesServices } from './shape.ts';
import { type Item, parseTable, type Value } from './toml.ts';

/** A configuration file as it was read: what each option is set to is yet to be checked. */
export interface ConfigFile {
  name: string;
  /** What stands at its top: for the process, and for all services that do not say otherwise. */
  common: Layer;
  /** What it says of each service, by its name; none where it is for one alone, or for a program that has none. */
  services: ReadonlyMap<string, { at: Place; settings: Layer }>;
  flaws: readonly Flaw[];
}

/**
 * @param name - of the file, to whose folder the names of files in it are relative
 * @throws ConfigError when it is not TOML: then there is nothing to read
 */
export function readConfigFile(name: string, text: string, shape: AnyShape): ConfigFile {
  const parsed = parseTable(text);
  if ('flaw' in parsed) throw new ConfigError([locate(name, parsed.flaw)]);
  const { process, service } = shape;
  const reader = new Reader(dirname(resolve(name)));
  const top = new Map(parsed.items);
  const services = takesServices(shape) ? top.get(SERVICES) : undefined;
  if (services !== undefined) top.delete(SERVICES);
  const common = reader.settings(top, { ...service, ...process }, {});
  const tables = [...(services?.is === 'table' ? services.items : [])].map(([name, item]) => {
    const items = item.is === 'table' ? item.items : new Map<string, Item>();
    if (item.is === 'value' || !SERVICE_NAME.test(name))
      reader.flaws.push(flawedService(name, item));
    return [name, { at: item.at, settings: reader.settings(items, service, process) }] as const;
  });
  if (services !== undefined && tables.length === 0) reader.flaws.push(noServices(services));
  return { name, common, services: new Map(tables), flaws: reader.flaws };
}

/** Reads tables, and gathers what is wrong with them. */
class Reader {
  readonly flaws: Flaw[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @param options - which the table may have
   * @param above - which belong at the top of the file
   */
  settings(items: ReadonlyMap<string, Item>, options: Options, above: Options): Layer {
    const settings = new Map<string, Given>();
    for (const [name, item] of items) {
      const key = keyOf(name, options);
      const option = key === undefined ? undefined : options[key];
      if (key === undefined || option === undefined) {
        this.flaws.push({ at: item.at, text: misplaced(name, options, above) });
      } else if (option.momentary) {
        this.flaws.push({ at: item.at, text: `${name}: belongs on the command line` });
      } else if (item.is === 'table') {
        this.flaws.push({ at: item.at, text: `${name}: expected a value, not a table` });
      } else {
        const origin = { from: 'file', key: item.at, value: item.place } as const;
        settings.set(key, { value: this.#value(name, item, option), origin });
      }
    }
    return settings;
  }

  /** Undefined where it has a flaw. */
  #value(name: string, { place, scalar, elements }: Value, option: Option): unknown {
    if (elements === undefined) {
      if (scalar === undefined) this.flaws.push({ at: place, text: `${name}: expected a value` });
      return isFileName(option, scalar) ? resolve(this.#folder, scalar) : scalar;
    }
    const flaws = option.list
      ? elements.flatMap((element) => flawOfElement(name, element, option))
      : [{ at: place, text: `${name}: expected one value, not an array` }];
    if (option.list && elements.length === 0) {
      flaws.push({
        at: place,
        text: `${name}: expected something in the array; for none, leave the key out`,
      });
    }
    this.flaws.push(...flaws);
    return flaws.length === 0 ? elements.map((element) => element.scalar).join() : undefined;
  }
}

/** Whether a value names a file, which an empty one does not. */
function isFileName({ hint }: Option, value: unknown): value is string {
  return hint === 'file' && typeof value === 'string' && value !== '';
}

function flawOfElement(name: string, { place, scalar }: Value, { schema }: Option): Flaw[] {
  const [issue] = v.safeParse(schema, scalar ?? null, { abortPipeEarly: true }).issues ?? [];
  return issue === undefined ? [] : [{ at: place, text: `${name}: ${issue.message}` }];
}

function keyOf(name: string, options: Options): string | undefined {
  return Object.keys(options).find((key) => dashed(key) === name);
}

function misplaced(name: string, options: Options, above: Options): string {
  if (keyOf(name, above) !== undefined) {
    return `${name}: holds for all services; say it at the top of the file`;
  }
  const known = Object.entries(options).filter(([, { momentary }]) => !momentary);
  const meant = nearest(
    name,
    known.map(([key]) => dashed(key)),
  );
  const advice = meant === undefined ? 'take it out' : `did you mean ${meant}?`;
  return `unknown key ${JSON.stringify(name)}; ${advice}`;
}

function flawedService(name: string, { is, at }: Item): Flaw {
  return is === 'value'
    ? { at, text: `${SERVICES}.${name}: expected a table, [${SERVICES}.${name}]` }
    : {
        at,
        text: `${JSON.stringify(name)}: expected a name of letters, digits, - and _, at most 64`,
      };
}

function noServices({ at }: Item): Flaw {
  return { at, text: `${SERVICES}: expected a table for each, such as [${SERVICES}.web]` };
}
