import * as v from 'valibot';
import { limitsSchema, serviceName } from '../protocol/extended.ts';

const token = v.optional(v.string());

/** What is known of a lease, whose id is the SHA-256 of its key, in base64url: who reads it cannot resume anything. */
export const leaseRecord = v.object({
  /** The client port, on the machine of the member that has the lease. */
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
  /** That clients may ask for. */
  name: v.optional(serviceName),
  /** Whether others may share its name and its port. */
  group: v.optional(v.boolean()),
  /** Name of the token that it was made with. */
  token,
  /** Whether its control connection and its back-connects are encrypted. */
  secured: v.boolean(),
  /** Whether its control connection and its back-connects are streams of one session. */
  muxed: v.optional(v.boolean()),
  /** What the agent asked to be held to. */
  limits: limitsSchema,
  /** Whether its agent was sent to another member, which may take it. */
  moving: v.optional(v.boolean()),
});

/**
 * What becomes of a client that asks for a name. `open`: it is served. `away`: nobody is there to serve it.
 * `moving`: the service is on its way to another member, and the client waits.
 */
export const offer = v.picklist(['open', 'away', 'moving']);

/** What is known of a name. */
export const nameRecord = v.object({
  offer,
  /** Who may take it from a member that is gone or gives it up: what that one and the new one both say. Nobody, without it. */
  heir: v.optional(v.string()),
});

export type LeaseRecord = v.InferOutput<typeof leaseRecord>;
export type NameRecord = v.InferOutput<typeof nameRecord>;
export type Offer = v.InferOutput<typeof offer>;

/** What can be claimed, and what is recorded with each. */
export interface Records {
  lease: LeaseRecord;
  name: NameRecord;
}

export type Kind = keyof Records;

/** Whether its member lets the heir take it. */
export function isMoving<K extends Kind>(kind: K, record: Records[K]): boolean {
  return kind === 'lease'
    ? (record as LeaseRecord).moving === true
    : (record as NameRecord).offer === 'moving';
}
