import { toJsonSchema } from '@valibot/to-json-schema';
import type { Option, Options } from '../options/option.ts';
import { dashed } from '../options/spelling.ts';
import { type AnyShape, SERVICE_NAME, SERVICES, takesServices } from './shape.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/**
 * Describes a program's configuration file for editors: its keys, what they are for and what each may be.
 * What may be missing because it is given elsewhere, and what goes together, only the program itself can tell.
 */
export function describeFile(program: string, shape: AnyShape): object {
  const { process, service } = shape;
  const properties = { ...propertiesOf(service), ...propertiesOf(process) };
  const services = {
    description: 'Services that one process exposes; what is not said here is as at the top',
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: SERVICE_NAME.source },
    additionalProperties: tableOf(propertiesOf(service)),
  };
  return {
    $schema: DRAFT,
    title: `Configuration file of ${program}`,
    ...tableOf(takesServices(shape) ? { ...properties, [SERVICES]: services } : properties),
  };
}

function tableOf(properties: object): object {
  return { type: 'object', additionalProperties: false, properties };
}

function propertiesOf(options: Options): Record<string, object> {
  const lasting = Object.entries(options).filter(([, { momentary }]) => !momentary);
  return Object.fromEntries(lasting.map(([key, option]) => [dashed(key), propertyOf(option)]));
}

function propertyOf({ schema, help, list }: Option): object {
  const {
    $schema: _,
    default: fallback,
    ...value
  } = toJsonSchema(schema, {
    // Checks in code have no place in a schema: what they refuse, --check-config tells.
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema }) =>
      valibotSchema.type === 'custom' ? PORT_OR_ADDRESS : null,
  });
  return {
    description: help,
    ...(list ? { anyOf: [value, { type: 'array', items: value, minItems: 1 }] } : value),
    ...(fallback !== undefined && { default: fallback }),
  };
}

/** What an option may be that takes a number where it is a port of this machine. */
const PORT_OR_ADDRESS = { type: ['integer', 'string'] as ['integer', 'string'] };
