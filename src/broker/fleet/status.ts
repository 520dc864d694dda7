import type { Directory } from '../../directory/directory.ts';
import type { Load, Member, MemberState } from '../../directory/member.ts';
import type { Offer } from '../../directory/records.ts';
import type { EmitBrokerEvent, MemberChange } from '../events.ts';
import type { ClaimCounters, FleetCounts, ForwardCounters } from './counts.ts';

export type { ForwardedConnection, ForwardRecord } from '../../links/forwarding.ts';

/** A broker of a fleet, as the one that is asked sees it. */
export interface FleetMember {
  /** Where agents reach it, `<advertise>:<control port>`. */
  name: string;
  /** As {@link MemberState}; `draining`: it is live, and about to leave. */
  state: MemberState | 'draining';
  /** Whether it is the one that is asked. */
  self: boolean;
  /** As it says itself. */
  load: Load;
  /** Whether the one that is asked has a connection to it, for clients of its names. */
  dialled: boolean;
}

/** A name of a fleet, and where it lives. */
export interface FleetName {
  name: string;
  /** Name of the member that has it. */
  member: string;
  offer: Offer;
  /** Of two claims of one name, the one with the larger generation came later. */
  generation: number;
}

/** A fleet as one of its brokers sees it at the moment. */
export interface FleetStatus {
  /** What the fleet is called, `--cluster-name`. */
  cluster: string;
  /** Name of the member that is asked. */
  node: string;
  /** Whether new claims can be made, and since when that is so. */
  directory: { reachable: boolean; since: Date };
  /** Whether what this member has claimed is its own, and since when that is so. */
  tenure: { held: boolean; since: Date };
  members: FleetMember[];
  /** How many this member has, and how many the others. */
  names: { here: number; elsewhere: number };
  claims: ClaimCounters;
  forwarded: ForwardCounters;
  /** Clients that wait here for a name that is on its way to another member. */
  waiting: number;
}

/** What is known of a fleet besides what its directory tells. */
export interface FleetParts {
  cluster: string;
  directory: Directory;
  counts: FleetCounts;
  /** Clients that wait until it is known where they are to go. */
  waiting(): number;
  /** Whether there is a connection to the member of this name. */
  isDialled(member: string): boolean;
}

/** Keeps what nobody else does of how a fleet stands, and tells of what changes. */
export class FleetReport {
  readonly #parts: FleetParts;
  readonly #emit: EmitBrokerEvent;
  readonly #stopWatching: () => void;
  /** Other members as they were told of last, by session: one that has joined again is another one. */
  readonly #told = new Map<string, FleetMember['state']>();
  #directory: FleetStatus['directory'];
  #tenure: FleetStatus['tenure'];
  /** Until one of them changes: with 20,000, counting takes a millisecond, and a scrape asks a dozen times. */
  #nameCounts: FleetStatus['names'] | undefined;

  constructor(parts: FleetParts, emit: EmitBrokerEvent) {
    const { directory } = parts;
    const since = new Date();
    this.#parts = parts;
    this.#emit = emit;
    this.#directory = { reachable: directory.isReachable, since };
    this.#tenure = { held: directory.holds, since };
    for (const member of directory.members()) this.#told.set(member.session, stateOf(member));
    this.#stopWatching = directory.watch({
      reachable: (reachable) => this.#reached(reachable),
      tenure: (held) => this.#held(held),
      memberChanged: (member) => this.#changed(member),
      changed: (kind) => {
        if (kind === 'name') this.#nameCounts = undefined;
      },
    });
  }

  status(): FleetStatus {
    const { cluster, directory, counts, waiting } = this.#parts;
    return {
      cluster,
      node: directory.self.name,
      directory: this.#directory,
      tenure: { ...this.#tenure, held: directory.holds },
      members: this.#members(),
      names: { ...this.#countNames() },
      claims: structuredClone(counts.claims),
      forwarded: counts.forwards,
      waiting: waiting(),
    };
  }

  /** All of the fleet, in no order. */
  *names(): Iterable<FleetName> {
    for (const { id, member, record, generation } of this.#parts.directory.all('name')) {
      yield { name: id, member: member.name, offer: record.offer, generation };
    }
  }

  close(): void {
    this.#stopWatching();
  }

  #members(): FleetMember[] {
    const { directory, isDialled } = this.#parts;
    return directory.members().map((member) => ({
      name: member.name,
      state: stateOf(member),
      self: member.session === directory.self.session,
      // What it said last is nobody's load any more.
      load: member.state === 'gone' ? NO_LOAD : member.load,
      dialled: isDialled(member.name),
    }));
  }

  #countNames(): FleetStatus['names'] {
    if (this.#nameCounts !== undefined) return this.#nameCounts;
    const { directory } = this.#parts;
    const counts = { here: 0, elsewhere: 0 };
    for (const { member } of directory.all('name')) {
      counts[member.session === directory.self.session ? 'here' : 'elsewhere'] += 1;
    }
    this.#nameCounts = counts;
    return counts;
  }

  #reached(reachable: boolean): void {
    this.#directory = { reachable, since: new Date() };
    this.#emit('directory', reachable);
  }

  #held(held: boolean): void {
    this.#tenure = { held, since: new Date() };
    this.#emit('tenure', held);
  }

  /** Called whenever anything of a member changes, its load included. */
  #changed(member: Member): void {
    const { name, session } = member;
    const state = stateOf(member);
    const before = this.#told.get(session);
    // What it had may be nobody's by that.
    if (state !== before) this.#nameCounts = undefined;
    if (state === before || name === this.#parts.directory.self.name) return;
    if (state === 'gone') this.#told.delete(session);
    else this.#told.set(session, state);
    const change = changeOf(before, state);
    if (change !== undefined) this.#emit('member', name, change);
  }
}

const NO_LOAD: Load = { registrations: 0, connections: 0 };

function stateOf({ state, isDraining }: Member): FleetMember['state'] {
  return state === 'live' && isDraining ? 'draining' : state;
}

/** Undefined for one of which nothing was known before it had gone. */
function changeOf(
  before: FleetMember['state'] | undefined,
  now: FleetMember['state'],
): MemberChange | undefined {
  if (now === 'live') return before === undefined ? 'joined' : 'back';
  if (now !== 'gone') return now;
  return before && (before === 'draining' ? 'left' : 'gone');
}
