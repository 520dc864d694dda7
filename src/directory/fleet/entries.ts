import * as v from 'valibot';
import type { LinkAddress, MemberNews } from '../member.ts';
import { type Kind, leaseRecord, nameRecord, type Records } from '../records.ts';

/** What a fleet's store holds, see docs/fleet.md, "What lies in the bucket". Others may have written there as well. */

export type EntryKind = Kind | 'member';

const KINDS = ['member', 'lease', 'name'] as const satisfies EntryKind[];

/** A host and a port: octets. */
const LONGEST_MEMBER = 300;

/** What a member's name consists of, which operators are shown as it is. */
const VISIBLE = /^[!-~]+$/;

/** Members that a session lists. */
const MOST_MEMBERS = 1000;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const memberName = v.pipe(v.string(), v.regex(VISIBLE), v.maxLength(LONGEST_MEMBER));
const session = v.pipe(v.string(), v.regex(/^[\w-]{1,43}$/));

const memberEntry = v.object({
  session,
  state: v.picklist(['live', 'gone']),
  link: v.object({
    host: v.pipe(v.string(), v.regex(VISIBLE), v.maxLength(LONGEST_MEMBER)),
    port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
    key: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
  }),
  load: v.object({ registrations: count, connections: count }),
  isDraining: v.boolean(),
  /** Names of the others whose promises this session asks for. */
  knows: v.pipe(v.array(memberName), v.maxLength(MOST_MEMBERS)),
  /** Of its renewals, one more each time: tells which of them was written. */
  beat: count,
});

const claimEntries = { lease: claimEntry(leaseRecord), name: claimEntry(nameRecord) };

function claimEntry<S extends v.GenericSchema>(record: S) {
  return v.object({
    member: memberName,
    session,
    /** Revision of the claim, once it was written again. */
    since: v.optional(count),
    record,
  });
}

export interface MemberEntry extends MemberNews {
  session: string;
  state: 'live' | 'gone';
  link: LinkAddress;
  knows: string[];
  beat: number;
}

export interface ClaimEntry<K extends Kind = Kind> {
  member: string;
  session: string;
  since?: number | undefined;
  record: Records[K];
}

export function keyOf(kind: EntryKind, id: string): string {
  return `${kind}.${id}`;
}

/** Undefined for what no member of this version writes. */
export function parseKey(key: string): { kind: EntryKind; id: string } | undefined {
  const dot = key.indexOf('.');
  const kind = KINDS.find((known) => known === key.slice(0, dot));
  const id = key.slice(dot + 1);
  const isNone = id === '' || (kind === 'member' && !v.is(memberName, id));
  return kind === undefined || isNone ? undefined : { kind, id };
}

export function formatEntry(entry: MemberEntry | ClaimEntry): string {
  return JSON.stringify(entry);
}

export function parseMember(value: string): MemberEntry | undefined {
  return parse(memberEntry, value);
}

export function parseClaim<K extends Kind>(kind: K, value: string): ClaimEntry<K> | undefined {
  const schema: v.GenericSchema<unknown, ClaimEntry<Kind>> = claimEntries[kind];
  return parse(schema, value) as ClaimEntry<K> | undefined;
}

function parse<S extends v.GenericSchema>(schema: S, value: string): v.InferOutput<S> | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(value));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
