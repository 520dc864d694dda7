import type { Standing } from './directory.ts';
import type { Member } from './member.ts';
import type { Kind, Records } from './records.ts';

/** A member's time as one: what is known of it changes while it has something. */
export interface Holder {
  readonly member: Member;
}

/** A {@link Standing} whose member is told as it is when that is asked for. */
export class HeldStanding<K extends Kind = Kind, H extends Holder = Holder> implements Standing<K> {
  readonly kind: K;
  readonly id: string;
  readonly record: Records[K];
  readonly generation: number;
  readonly holder: H;
  /** Of its entry, where it is one. */
  readonly revision: number;

  constructor(
    kind: K,
    id: string,
    record: Records[K],
    generation: number,
    holder: H,
    revision = generation,
  ) {
    this.kind = kind;
    this.id = id;
    this.record = record;
    this.generation = generation;
    this.holder = holder;
    this.revision = revision;
  }

  get member(): Member {
    return this.holder.member;
  }
}

/** Who has what, by kind and id; and how many leases each token has. */
export class Standings<H extends Holder = Holder> {
  readonly #kinds: { [K in Kind]: Map<string, HeldStanding<K, H>> } = {
    lease: new Map(),
    name: new Map(),
  };
  readonly #leases = new Map<string, number>();

  find<K extends Kind>(kind: K, id: string): HeldStanding<K, H> | undefined {
    return this.#kinds[kind].get(id);
  }

  all<K extends Kind>(kind: K): IterableIterator<HeldStanding<K, H>> {
    return this.#kinds[kind].values();
  }

  set<K extends Kind>(standing: HeldStanding<K, H>): void {
    this.#countLease(this.find(standing.kind, standing.id), -1);
    this.#kinds[standing.kind].set(standing.id, standing);
    this.#countLease(standing, 1);
  }

  delete(kind: Kind, id: string): void {
    this.#countLease(this.find(kind, id), -1);
    this.#kinds[kind].delete(id);
  }

  leasesOf(token: string): number {
    return this.#leases.get(token) ?? 0;
  }

  /** Whether a lease is one of the first so many of its token. */
  isWithin(most: number, token: string, generation: number): boolean {
    if (this.leasesOf(token) <= most) return true;
    const leases = [...this.all('lease')].filter(({ record }) => record.token === token);
    return leases.filter((lease) => lease.generation <= generation).length <= most;
  }

  #countLease(standing: HeldStanding | undefined, by: number): void {
    if (standing === undefined || !isLease(standing)) return;
    const { token } = standing.record;
    if (token === undefined) return;
    const leases = this.leasesOf(token) + by;
    if (leases > 0) this.#leases.set(token, leases);
    else this.#leases.delete(token);
  }
}

function isLease(standing: HeldStanding): standing is HeldStanding<'lease'> {
  return standing.kind === 'lease';
}
