import type { Fault, Options, OptionsOutput } from '../options/option.ts';

/** What a program takes: for the process as a whole, and for each of the services that it may run. */
export interface Shape<P extends Options, S extends Options> {
  readonly process: P;
  /** Empty for a program that runs none. */
  readonly service: S;
  /** Options of services that name files of which no two can share one. */
  readonly unshared: readonly (keyof S & string)[];
  /** What is wrong with options of the process of which each is right. */
  processFaults(settings: OptionsOutput<P>): Fault[];
  /** And with those of a service. */
  serviceFaults(settings: OptionsOutput<S>): Fault[];
}

/** A shape as far as it matters to who reads files and prints them. */
export type AnyShape = Pick<Shape<Options, Options>, 'process' | 'service'>;

/** The key under which a file has several services. */
export const SERVICES = 'services';

/** What they may be called: what a log line, and the header of a table, can show as it is. */
export const SERVICE_NAME = /^[\w-]{1,64}$/;

export function takesServices({ service }: AnyShape): boolean {
  return Object.keys(service).length > 0;
}
