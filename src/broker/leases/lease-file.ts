import * as v from 'valibot';
import { leaseRecord } from '../../directory/records.ts';

const { moving: _, ...terms } = leaseRecord.entries;

/** What outlives a registration's control connection and, in a file or in a fleet, the broker's process. */
export const leaseSchema = v.object({
  /** SHA-256 of the key: who reads the file cannot resume anything. */
  keyHash: v.pipe(v.string(), v.length(43)),
  ...terms,
});

export type Lease = v.InferOutput<typeof leaseSchema>;

const FORMAT = 'relay-broker leases';
const VERSION = 1;

const file = v.object({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  leases: v.array(leaseSchema),
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
