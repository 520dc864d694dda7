import {
  examine,
  type Fault,
  inWords,
  type Options,
  type OptionsOutput,
} from '../options/option.ts';
import { dashed } from '../options/spelling.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigFile } from './config-file.ts';
import { type Layer, merge, pick, valuesOf } from './layer.ts';
import { type Flaw, locate, type Place, START } from './place.ts';
import type { Shape } from './shape.ts';

/** Checked settings, and what they were checked from. */
export interface Section<O extends Options> {
  settings: OptionsOutput<O>;
  given: Layer;
}

/** What a program works with, whatever it comes from. */
export interface Configuration<P extends Options, S extends Options> {
  process: Section<P>;
  /** By the names that the file gives them. One without a name where the file has no tables for services, or there is no file. */
  services: ReadonlyMap<string, Section<S>>;
}

/** The name of a service that is the only one. */
export const UNNAMED = '';

/**
 * Command line and environment before the file, that before the defaults; within the file, a service before the top.
 *
 * @param above - what command line and environment say
 * @throws ConfigError
 */
export function resolveConfiguration<P extends Options, S extends Options>(
  shape: Shape<P, S>,
  above: Layer,
  file: ConfigFile | undefined,
): Configuration<P, S> {
  const faults = new Faults(file);
  const common = merge(above, file?.common ?? new Map());
  const process = faults.check(shape.process, common, START, shape.processFaults);
  const tables = [...(file?.services ?? [])].map(([name, { at, settings }]) => {
    return { name, at, given: merge(above, settings, common) };
  });
  if (tables.length > 1) faults.checkUncommon(shape.service, above);
  if (tables.length === 0) tables.push({ name: UNNAMED, at: START, given: common });
  const services = new Map<string, Section<S>>();
  for (const { name, at, given } of tables) {
    const section = faults.check(shape.service, given, at, shape.serviceFaults);
    if (section !== undefined) services.set(name, section);
  }
  faults.checkUnshared(shape.unshared, services);
  faults.throwIfAny();
  // Whatever could not be checked has left a fault.
  return { process: process as Section<P>, services };
}

/** Gathers what is wrong, in the order in which the file has it. */
class Faults {
  readonly #file: ConfigFile | undefined;
  readonly #flaws: Flaw[];
  readonly #elsewhere = new Set<string>();

  constructor(file: ConfigFile | undefined) {
    this.#file = file;
    this.#flaws = [...(file?.flaws ?? [])];
  }

  /**
   * @param at - where what is missing belongs
   * @param further - tells what is wrong besides
   */
  check<O extends Options>(
    options: O,
    all: Layer,
    at: Place,
    further: (settings: OptionsOutput<O>) => Fault[],
  ): Section<O> | undefined {
    const given = pick(all, options);
    const examined = examine(options, valuesOf(given));
    const faults = 'faults' in examined ? examined.faults : further(examined.settings);
    for (const fault of faults) this.#add(fault, given, at);
    return 'settings' in examined ? { settings: examined.settings, given } : undefined;
  }

  /** What goes by place says what one service is: of several, it would be said of each. */
  checkUncommon(options: Options, above: Layer): void {
    for (const key of Object.keys(options).filter((key) => options[key]?.positional)) {
      const why = 'the file has several services; give each its own there';
      if (above.has(key)) this.#add({ key, is: 'wrong', why }, above, START);
    }
  }

  checkUnshared<S extends Options>(
    keys: readonly (keyof S & string)[],
    services: ReadonlyMap<string, Section<S>>,
  ): void {
    for (const key of keys) {
      const owners = new Map<unknown, string>();
      for (const [name, { settings, given }] of services) {
        const value = settings[key];
        const owner = owners.get(value);
        if (value !== undefined && owner !== undefined) {
          const why = `services ${owner} and ${name} cannot share one; give each its own`;
          this.#add({ key, is: 'wrong', why }, given, START);
        }
        owners.set(value, name);
      }
    }
  }

  throwIfAny(): void {
    const flaws = this.#flaws.toSorted((a, b) => compare(a.at, b.at));
    const located = flaws.map((flaw) => locate(this.#file?.name ?? '', flaw));
    const faults = [...new Set([...located, ...this.#elsewhere])];
    if (faults.length > 0) throw new ConfigError(faults);
  }

  #add(fault: Fault, given: Layer, at: Place): void {
    const origin = given.get(fault.key)?.origin;
    const isMissing = fault.is === 'missing';
    if (origin?.from === 'file') {
      // What is missing although it is there has a flaw already.
      if (isMissing) return;
      const place = fault.is === 'wrong' ? origin.value : origin.key;
      this.#flaws.push({ at: place, text: inWords(fault, dashed) });
    } else if (isMissing && this.#file !== undefined) {
      this.#flaws.push({ at, text: inWords(fault, dashed) });
    } else this.#elsewhere.add(inWords(fault));
  }
}

function compare(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}
