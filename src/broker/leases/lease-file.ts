import * as v from 'valibot';
import { limitsSchema, serviceName } from '../../protocol/extended.ts';

/** What outlives a registration's control connection and, in a file, the broker's process. */
const lease = v.object({
  /** SHA-256 of the key: who reads the file cannot resume anything. */
  keyHash: v.pipe(v.string(), v.length(43)),
  /** The client port. */
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
  /** That clients may ask for. */
  name: v.optional(serviceName),
  /** Whether others may share its name and its port. */
  group: v.optional(v.boolean()),
  /** Name of the token that it was made with. */
  token: v.optional(v.string()),
  /** Whether its control connection and its back-connects are encrypted. */
  secured: v.boolean(),
  /** Whether its control connection and its back-connects are streams of one session. */
  muxed: v.optional(v.boolean()),
  /** What the agent asked to be held to. */
  limits: limitsSchema,
});

export type Lease = v.InferOutput<typeof lease>;

const FORMAT = 'relay-broker leases';
const VERSION = 1;

const file = v.object({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  leases: v.array(lease),
});

export function formatLeases(leases: Iterable<Lease>): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, leases: [...leases] }, undefined, 1)}\n`;
}

/** Undefined for what is no file of leases, or not one of this version. */
export function parseLeases(text: string): Lease[] | undefined {
  try {
    const result = v.safeParse(file, JSON.parse(text));
    return result.success ? result.output.leases : undefined;
  } catch {
    return undefined;
  }
}
