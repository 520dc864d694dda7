import { performance } from 'node:perf_hooks';
import type { Kind } from '../records.ts';
import { HeldStanding, Standings } from '../standings.ts';
import type { StoreObserver } from '../store.ts';
import {
  type ClaimEntry,
  type EntryKind,
  keyOf,
  type MemberEntry,
  parseClaim,
  parseKey,
  parseMember,
} from './entries.ts';
import { Session } from './session.ts';

export type FleetStanding<K extends Kind = Kind> = HeldStanding<K, Session>;

/** Told what is in the copy, after that. Called synchronously. */
export interface CopyObserver {
  /** Nothing of what was known is there any more. */
  lost(): void;
  complete(): void;
  away(): void;
  claimChanged(kind: Kind, id: string): void;
  /** The entry of a member name is another one; undefined where it cannot be read, or is deleted, which is revision 0. */
  memberEntry(name: string, entry: MemberEntry | undefined, revision: number): void;
  /** What is known of a session is. */
  sessionChanged(session: Session): void;
  /** Nobody can tell what this entry means. */
  unreadable(key: string): void;
  /** See {@link FleetCopy.told}. */
  told(): void;
}

/** What a fleet's store holds, as far as this process has been told. */
export class FleetCopy implements StoreObserver {
  readonly standings = new Standings<Session>();
  /** By id. */
  readonly #sessions = new Map<string, Session>();
  /** Those of the members' entries, by the member's name. */
  readonly #members = new Map<string, Session>();
  /** Those that have no entry, as far as is known: it may have been deleted, or be told of later than what they claimed. */
  readonly #unlisted = new Set<Session>();
  readonly #self: string;
  readonly #observer: CopyObserver;
  /** What was known and has not been told again yet, while everything is. */
  #unseen: Set<string> | undefined;
  #isComplete = false;
  #told = 0;

  constructor(self: string, observer: CopyObserver) {
    this.#self = self;
    this.#observer = observer;
  }

  /** Whether all that is in the store has been told, and nothing is amiss since. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  session(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  sessions(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** Those that have entries. */
  members(): IterableIterator<Session> {
    return this.#members.values();
  }

  member(name: string): Session | undefined {
    return this.#members.get(name);
  }

  /** The last revision that was told: what was written before is known. */
  get told(): number {
    return this.#told;
  }

  begins(isAnother: boolean): void {
    this.#isComplete = false;
    if (isAnother) this.#forget();
    this.#unseen = new Set(this.#keys());
  }

  changed(key: string, value: string | undefined, revision: number): void {
    this.#told = Math.max(this.#told, revision);
    this.#change(key, value, revision);
    this.#observer.told();
  }

  /** This process wrote an entry, and need not wait until it is told of that. */
  wrote(key: string, value: string, revision: number): void {
    // Otherwise it has been told, and maybe of what came after.
    if (revision > this.#told) this.#change(key, value, revision);
  }

  #change(key: string, value: string | undefined, revision: number): void {
    this.#unseen?.delete(key);
    const parsed = parseKey(key);
    if (parsed === undefined) this.#observer.unreadable(key);
    else if (parsed.kind === 'member') this.#memberChanged(key, parsed.id, value, revision);
    else this.#claimChanged(key, parsed.kind, parsed.id, value, revision);
  }

  complete(): void {
    for (const key of this.#unseen ?? []) this.#delete(key);
    this.#unseen = undefined;
    this.#isComplete = true;
    this.#observer.complete();
  }

  away(): void {
    this.#isComplete = false;
    this.#observer.away();
  }

  /** A session is over: its entry says so, or its tenure is, and it has none. */
  end(session: Session): void {
    if (session.isGone) return;
    session.end(performance.now());
    this.#observer.sessionChanged(session);
  }

  /** Forgets sessions that nothing is known of any more. */
  tidy(): void {
    for (const session of this.#sessions.values()) {
      const isListed = this.#members.get(session.member.name) === session;
      const isEmpty = session.claims === 0 && (session.isGone || session.isStranger);
      if (!isEmpty || isListed) continue;
      this.#sessions.delete(session.id);
      this.#unlisted.delete(session);
    }
  }

  #memberChanged(key: string, name: string, value: string | undefined, revision: number): void {
    const before = this.#members.get(name);
    if (before !== undefined && before.revision >= revision) return;
    const entry = value === undefined ? undefined : parseMember(value);
    if (entry === undefined) {
      if (value !== undefined) this.#observer.unreadable(key);
      // Its tenure may go on: see the vigil, which ends it.
      this.#members.delete(name);
      if (before !== undefined) this.#unlisted.add(before);
    } else {
      if (before !== undefined && before.id !== entry.session) this.end(before);
      const session = this.#sessionOf(name, entry.session);
      const isListed = entry.knows.includes(this.#self) || name === this.#self;
      this.#members.set(name, session);
      this.#unlisted.delete(session);
      for (const other of this.#unlisted) this.#endIfReplaced(other, session, revision);
      session.seen(entry, revision, isListed, performance.now());
      this.#observer.sessionChanged(session);
    }
    this.#observer.memberEntry(name, entry, value === undefined ? 0 : revision);
  }

  #claimChanged(
    key: string,
    kind: Kind,
    id: string,
    value: string | undefined,
    revision: number,
  ): void {
    const before = this.standings.find(kind, id);
    if (before !== undefined && before.revision >= revision) return;
    const entry = value === undefined ? undefined : parseClaim(kind, value);
    if (value !== undefined && entry === undefined) this.#observer.unreadable(key);
    if (before !== undefined) before.holder.claims -= 1;
    if (entry === undefined) this.standings.delete(kind, id);
    else this.#set(kind, id, entry, revision);
    this.#observer.claimChanged(kind, id);
  }

  #set<K extends Kind>(kind: K, id: string, entry: ClaimEntry<K>, revision: number): void {
    const holder = this.#sessionOf(entry.member, entry.session);
    const generation = Math.min(entry.since ?? revision, revision);
    holder.claims += 1;
    this.standings.set(new HeldStanding(kind, id, entry.record, generation, holder, revision));
    holder.claimedAt = Math.max(holder.claimedAt, revision);
    const there = this.#members.get(entry.member);
    if (there !== undefined) this.#endIfReplaced(holder, there, there.revision);
  }

  /**
   * Whoever claims has an entry by then. Another session in that entry, later, is of the time after. An earlier one
   * says nothing: of what changes often, the store tells the last change, which may come after the claim.
   */
  #endIfReplaced(session: Session, there: Session, revision: number): void {
    if (session === there || session.member.name !== there.member.name) return;
    if (Math.max(session.revision, session.claimedAt) >= revision) return;
    this.#unlisted.delete(session);
    this.end(session);
  }

  #sessionOf(name: string, id: string): Session {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const session = new Session(name, id, performance.now());
    this.#sessions.set(id, session);
    this.#unlisted.add(session);
    return session;
  }

  #forget(): void {
    for (const key of [...this.#keys()]) this.#delete(key);
    this.#told = 0;
    this.#observer.lost();
  }

  #delete(key: string): void {
    this.#change(key, undefined, Number.POSITIVE_INFINITY);
  }

  *#keys(): Iterable<string> {
    for (const name of this.#members.keys()) yield keyOf('member', name);
    for (const kind of ['lease', 'name'] as const satisfies EntryKind[]) {
      for (const { id } of this.standings.all(kind)) yield keyOf(kind, id);
    }
  }
}
