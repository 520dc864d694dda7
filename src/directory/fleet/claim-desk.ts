import type { Kind, Records } from '../records.ts';
import { type Store, StoreAway } from '../store.ts';
import { formatEntry } from './entries.ts';
import { type ClaimHost, FleetClaim } from './fleet-claim.ts';
import type { FleetCopy, FleetStanding } from './fleet-copy.ts';
import type { Membership } from './membership.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Changes under way at one time: enough to keep a store busy, and few enough to be answered in time. */
const MOST_WRITING = 256;

/** Milliseconds for which a release waits until others may have what is released. */
const RELEASING = 2000;

/** An id of a kind, and its key. */
interface Place {
  kind: Kind;
  id: string;
  key: string;
}

/**
 * What this member has, and what is to be written of it. Whatever keeps a change from being written, it is tried
 * again, after the revision that the copy then has: so nothing has to be known of a change whose answer
 * did not come.
 */
export class ClaimDesk implements ClaimHost {
  readonly #store: Store;
  readonly #copy: FleetCopy;
  readonly #membership: Membership;
  readonly #room: WaitingRoom;
  readonly #claims = new Map<string, FleetClaim>();
  /** What is being claimed. */
  readonly #wanted = new Set<string>();
  /** Claims that are to be written. */
  readonly #changed = new Set<FleetClaim>();
  /** Claims of sessions of this process that are over: they are to be written before anything is its own again. */
  readonly #stale = new Set<FleetClaim>();
  /** What this process has by the copy, and wants no more: to be deleted. */
  readonly #strays = new Map<string, Place>();
  readonly #writing = new Set<string>();
  /** What was refused, until the copy shows why. */
  readonly #refused = new Set<string>();

  constructor(store: Store, copy: FleetCopy, membership: Membership, room: WaitingRoom) {
    this.#store = store;
    this.#copy = copy;
    this.#membership = membership;
    this.#room = room;
  }

  /** Whether all that this member has was claimed by the session that it is in. */
  get isSettled(): boolean {
    return this.#stale.size === 0;
  }

  has(key: string): boolean {
    return this.#claims.has(key);
  }

  isWanted(key: string): boolean {
    return this.#wanted.has(key);
  }

  /** Leaves alone what is written there in the meantime. */
  want(key: string): void {
    this.#wanted.add(key);
  }

  /** Whatever became of it. */
  wantNoMore(place: Place): void {
    this.#wanted.delete(place.key);
    this.look(place);
    this.#room.happened(place.key);
  }

  /** Claims it, after what the copy has of it. Undefined where somebody was quicker; rejects with {@link StoreAway}. */
  async claim<K extends Kind>(
    kind: K,
    id: string,
    key: string,
    record: Records[K],
  ): Promise<FleetClaim<K> | undefined> {
    const { session } = this.#membership;
    const after = this.#copy.standings.find(kind, id)?.revision ?? 0;
    const revision = await this.#write(key, { record, session }, after);
    // The session may be over by now: then it is to be claimed once more.
    if (revision === undefined || session !== this.#membership.session) return undefined;
    const claim = new FleetClaim(kind, id, { record, session, generation: revision }, this);
    this.#claims.set(key, claim);
    return claim;
  }

  /** The copy has something else of it than it had. */
  look(place: Place): void {
    const { kind, id, key } = place;
    const claim = this.#claims.get(key);
    const standing = this.#copy.standings.find(kind, id);
    const isOwn = standing !== undefined && this.#membership.isOwn(standing.holder.id);
    this.#refused.delete(key);
    this.#strays.delete(key);
    if (claim === undefined) {
      if (isOwn && !this.#wanted.has(key)) this.#strays.set(key, place);
    } else if (standing === undefined) this.#changed.add(claim);
    else if (!isOwn) this.#lose(claim, standing);
    this.pump();
  }

  /** The session is over: all has to be claimed by the next one. */
  startAnew(): void {
    for (const claim of this.#claims.values()) {
      this.#stale.add(claim);
      this.#changed.add(claim);
    }
  }

  changed(claim: FleetClaim): void {
    this.#changed.add(claim);
    this.pump();
  }

  async released(claim: FleetClaim): Promise<void> {
    this.#forget(claim);
    this.look(claim);
    const isThere = () => this.#strays.has(claim.key);
    if (isThere() && this.#canWrite) await this.#room.wait([claim.key], RELEASING);
  }

  /** Tries again what was refused, too. */
  retry(): void {
    this.#refused.clear();
    this.pump();
  }

  /** Writes what is to be written, as far as that can be done now. */
  pump(): void {
    if (!this.#canWrite) return;
    for (const claim of this.#changed) {
      if (this.#writing.size >= MOST_WRITING) return;
      if (this.#mayWrite(claim.key)) void this.#attempt(claim);
    }
    for (const stray of this.#strays.values()) {
      if (this.#writing.size >= MOST_WRITING) return;
      if (this.#mayWrite(stray.key)) void this.#remove(stray);
    }
  }

  get #canWrite(): boolean {
    return this.#copy.isComplete && this.#membership.isJoined;
  }

  #mayWrite(key: string): boolean {
    return !this.#writing.has(key) && !this.#refused.has(key);
  }

  async #attempt<K extends Kind>(claim: FleetClaim<K>): Promise<void> {
    const { session } = this.#membership;
    const { kind, id, key, record, generation } = claim;
    const standing = this.#copy.standings.find(kind, id);
    const isSame = standing?.holder.id === session && claim.session === session;
    const entry = { record, session, ...(isSame && { since: generation }) };
    this.#changed.delete(claim);
    await this.#exclusively(key, async () => {
      const revision = await this.#write(key, entry, standing?.revision ?? 0).catch(ifAway);
      const isKept = this.#claims.get(key) === claim;
      if (revision !== undefined && isKept) {
        claim.wrote({ record, session, generation: isSame ? generation : revision });
        if (session === this.#membership.session) this.#stale.delete(claim);
      } else if (isKept) {
        this.#changed.add(claim);
        this.#refused.add(key);
      }
    });
  }

  async #remove({ kind, id, key }: Place): Promise<void> {
    const standing = this.#copy.standings.find(kind, id);
    if (standing === undefined) return;
    await this.#exclusively(key, async () => {
      await this.#store.remove(key, standing.revision).catch(ifAway);
      // If it was done, that is about to be told of.
      if (this.#strays.has(key)) this.#refused.add(key);
    });
  }

  async #exclusively(key: string, change: () => Promise<void>): Promise<void> {
    this.#writing.add(key);
    await change();
    this.#writing.delete(key);
    this.pump();
  }

  async #write<K extends Kind>(
    key: string,
    entry: { record: Records[K]; session: string; since?: number },
    after: number,
  ): Promise<number | undefined> {
    const value = formatEntry({ member: this.#membership.name, ...entry });
    const revision = await this.#store.write(key, value, after);
    if (revision !== undefined) this.#copy.wrote(key, value, revision);
    return revision;
  }

  #lose(claim: FleetClaim, standing: FleetStanding): void {
    this.#forget(claim);
    claim.lose(standing);
  }

  #forget(claim: FleetClaim): void {
    this.#claims.delete(claim.key);
    this.#changed.delete(claim);
    this.#stale.delete(claim);
  }
}

function ifAway(error: unknown): undefined {
  if (!(error instanceof StoreAway)) throw error;
}
