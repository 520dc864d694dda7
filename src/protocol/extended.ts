import * as v from 'valibot';
import { ERROR_CODES, type ProtocolError } from './error-codes.ts';
import { formatMessage, type Message } from './message.ts';

/** The version of the extended protocol that is spoken here, and the only one. */
export const VERSION = 1;

const counted = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535));
const duration = v.pipe(v.number(), v.minValue(0), v.maxValue(2 ** 31 / 1000));
const text = v.pipe(v.string(), v.maxLength(512));
const shortText = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** A secret or a nonce: opaque to its receiver, who bounds it all the same. */
const opaque = v.pipe(v.string(), v.minLength(16), v.maxLength(64), v.regex(BASE64URL));

/** Names of tokens. */
export const NAME = /^[a-z0-9-]{1,64}$/;

/** What a service may be called: a label of the DNS, so that it can be part of a host name (RFC 1123, 2.1). */
export const serviceName = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'expected a name of a-z, 0-9 and -, at most 63 characters, with no - at either end',
  ),
);

const blocks = v.pipe(v.array(shortText), v.maxLength(64));

export const limitsSchema = v.object({
  allow: v.optional(blocks),
  deny: v.optional(blocks),
  clients: v.optional(counted),
  waiting: v.optional(counted),
  clientsPerAddress: v.optional(counted),
  ratePerAddress: v.optional(counted),
  bytesPerSecond: v.optional(counted),
  idle: v.optional(v.pipe(duration, v.minValue(0.001))),
});

/** What a registration is held to, as it is asked for and granted. Rates are per second, `idle` is in seconds. */
export type LimitsMessage = v.InferOutput<typeof limitsSchema>;

/** Whom a ticket is for, or a link. */
export const clientAddress = v.object({ address: shortText, port: natural });

const host = v.pipe(v.string(), v.minLength(1), v.maxLength(255));

const error = v.object({ code: text, message: text });

/** A host of the DNS or an address, and a port. */
const relayAddress = v.pipe(
  v.string(),
  v.maxLength(261),
  v.regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*):[1-9]\d{0,4}$/),
  v.check((address) => Number(/\d+$/.exec(address)) <= 65535, 'expected a port'),
);

const sign = v.object({});

/** Why an agent cannot reach its service. */
export const FAILURE_REASONS = [
  'refused',
  'timeout',
  'unreachable',
  'unknown-host',
  'other',
] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];

/** From an agent, on its control connection. */
export const agentWords = {
  HELLO: v.object({ version: counted, nonce: opaque, token: v.optional(shortText) }),
  REGISTER: v.pipe(
    v.object({
      proof: v.optional(opaque),
      port: v.optional(port),
      ports: v.optional(shortText),
      preferredPort: v.optional(port),
      name: v.optional(serviceName),
      group: v.optional(v.boolean()),
      resume: v.optional(opaque),
      limits: v.optional(limitsSchema, {}),
    }),
    v.check(
      ({ group = false, name, port }) => !group || name !== undefined || port !== undefined,
      'group: needs name or port',
    ),
  ),
  PING: sign,
  FAILED: v.object({ ticket: opaque, reason: v.picklist(FAILURE_REASONS) }),
  PARK: v.object({ reason: text }),
  UNPARK: sign,
  BYE: sign,
  ERROR: error,
};

/** From a broker, on a control connection. */
export const brokerWords = {
  CHALLENGE: v.object({ version: counted, nonce: opaque }),
  REGISTERED: v.object({
    registration: counted,
    host: v.optional(host),
    port,
    name: v.optional(serviceName),
    hostName: v.optional(host),
    backConnectPort: v.optional(port),
    resumed: v.boolean(),
    key: opaque,
    lease: duration,
    heartbeat: v.pipe(duration, v.minValue(0.001)),
    deadline: v.pipe(duration, v.minValue(0.001)),
    spareTicket: opaque,
    maxSpares: natural,
    limits: limitsSchema,
    proof: v.optional(opaque),
  }),
  NEW: v.object({ ticket: opaque, client: clientAddress }),
  PING: sign,
  WARNING: error,
  ERROR: v.object({
    ...error.entries,
    /** With `elsewhere`: the relay that has what was asked for, `<host>:<control port>`. */
    to: v.optional(relayAddress),
  }),
};

/** From an agent, the first line of a back-connect. */
export const backConnectWords = {
  TICKET: v.object({ registration: natural, ticket: opaque }),
  SPARE: v.object({ registration: natural, ticket: opaque }),
};

/** From a broker, the one line on a spare. */
export const spareWords = {
  TAKEN: v.object({ ticket: opaque, client: clientAddress }),
};

export type AgentMessage = Message<typeof agentWords>;
export type BrokerMessage = Message<typeof brokerWords>;
export type BackConnectMessage = Message<typeof backConnectWords>;

/** What a broker grants, and what an agent asks it for. */
export type Register = v.InferInput<typeof agentWords.REGISTER>;
export type Registered = v.InferOutput<typeof brokerWords.REGISTERED>;

export type ClientAddress = v.InferOutput<typeof clientAddress>;

export function formatError(error: ProtocolError): string {
  return formatMessage('ERROR', { ...error, message: error.message.slice(0, 512) });
}

/** The code of an `[ERROR]` or `[WARNING]`; one that is not known here counts as `shutdown`, hence as worth another try. */
export function errorCode(code: string): ProtocolError['code'] {
  return ERROR_CODES.find((known) => known === code) ?? 'shutdown';
}
