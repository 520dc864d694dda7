import type { Place } from './place.ts';

/** Where a setting comes from: the command line or the environment, by the name that it has there, or a file. */
export type Origin = { from: 'outside'; name: string } | { from: 'file'; key: Place; value: Place };

export interface Given {
  value: unknown;
  origin: Origin;
}

/** What one source of settings says, by the keys of the options. */
export type Layer = ReadonlyMap<string, Given>;

/** What several say together: the first that knows an option decides. */
export function merge(...layers: Layer[]): Layer {
  return new Map(layers.toReversed().flatMap((layer) => [...layer]));
}

/** What a layer says of some of the options. */
export function pick(layer: Layer, options: object): Layer {
  return new Map([...layer].filter(([key]) => Object.hasOwn(options, key)));
}

export function valuesOf(layer: Layer): Record<string, unknown> {
  return Object.fromEntries([...layer].map(([key, { value }]) => [key, value]));
}
