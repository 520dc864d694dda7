import { toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import * as answers from './answers.ts';
import { numbersOf, type Operation } from './operation.ts';
import { operations } from './operations.ts';

/** What has a name of its own in the description. */
const SCHEMAS = {
  Counters: answers.counters,
  Status: answers.status,
  Registration: answers.registration,
  Registrations: answers.registrations,
  Connection: answers.connection,
  Connections: answers.connections,
  Fleet: answers.fleet,
  FleetNames: answers.fleetNames,
  ForwardedConnections: answers.forwardedConnections,
  Moment: answers.moment,
  Past: answers.past,
  Drain: answers.drain,
  Draining: answers.draining,
  Snapshot: answers.snapshot,
  Failure: answers.failure,
};

const REFERENCE = '#/components/schemas/';

/** The description of the API in OpenAPI 3.1. */
export function describeApi(version: string): object {
  const schemas = toJsonSchemaDefs(SCHEMAS, {
    target: 'draft-2020-12',
    overrideRef: ({ referenceId }) => REFERENCE + referenceId,
  });
  const paths = new Map<string, object>([['/events', { get: EVENTS }]]);
  for (const operation of operations) {
    const described = { [operation.method]: describe(operation) };
    paths.set(operation.path, { ...paths.get(operation.path), ...described });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'relay-broker',
      version,
      summary: 'Looks at a running relay and acts on it',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1' }],
    // Without a token of its own, a broker lets its machine look.
    security: [{ token: [] }, {}],
    paths: Object.fromEntries(paths),
    components: {
      schemas,
      responses: {
        Failure: { description: 'Why there is no other answer', content: json(answers.failure) },
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Of --admin-token-file' },
      },
    },
  };
}

const FAILURE = { $ref: '#/components/responses/Failure' };

/** The one answer that goes on. */
const EVENTS = {
  operationId: 'followEvents',
  summary: 'What happens, as server-sent events',
  description:
    'An event `snapshot` every second; `connections` behind it for each registration asked for, with at most the 1000 newest; and `registered`, `restored`, `held`, `resumed`, `parked`, `unparked` and `ended` as they happen, with `{"registration": id}`. Whoever does not keep up misses some of them, and is cut off after ten seconds without reading.',
  parameters: [
    {
      name: 'connections',
      in: 'query',
      description: 'Ids of registrations, at most 8, with commas',
      schema: { type: 'string', pattern: '^\\d+(,\\d+)*$' },
    },
  ],
  responses: {
    200: {
      description: 'Events; the data of `snapshot` is a Snapshot',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    default: FAILURE,
  },
};

function describe(operation: Operation): object {
  const { id, summary, body, query, success, missing } = operation;
  const numbers = numbersOf(operation).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  }));
  const parameters = [...numbers, ...Object.entries(query?.entries ?? {}).map(parameterOf)];
  return {
    operationId: id,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { content: json(body) } }),
    responses: {
      [success.status]: {
        description: success.description,
        ...(success.answer && { content: json(success.answer) }),
      },
      ...(missing && { 404: FAILURE }),
      default: FAILURE,
    },
  };
}

/** Of a query, as what it means: all that comes is text. */
function parameterOf([name, schema]: [string, v.GenericSchema]): object {
  const { $schema, description, ...form } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'output',
  });
  return { name, in: 'query', description, schema: form };
}

function json(schema: v.GenericSchema): object {
  const [name] = Object.entries(SCHEMAS).find(([, named]) => named === schema) ?? [];
  if (name === undefined) throw new Error('a schema without a name in the description');
  return { 'application/json': { schema: { $ref: REFERENCE + name } } };
}
