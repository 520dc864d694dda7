import { performance } from 'node:perf_hooks';
import type { RelayError } from '../errors.ts';
import type { Claim, ClaimRefusal, Directory, DirectoryObserver } from './directory.ts';
import { ClaimDesk } from './fleet/claim-desk.ts';
import { Claiming, type ClaimingHost } from './fleet/claiming.ts';
import { Complaints } from './fleet/complaints.ts';
import { keyOf, type MemberEntry } from './fleet/entries.ts';
import { type CopyObserver, FleetCopy, type FleetStanding } from './fleet/fleet-copy.ts';
import { Garbage } from './fleet/garbage.ts';
import { joined, mayHaveEntry, OWN_ENTRY } from './fleet/joining.ts';
import { Membership, type MembershipHost } from './fleet/membership.ts';
import { Outlook } from './fleet/outlook.ts';
import { isOver } from './fleet/right.ts';
import type { Session } from './fleet/session.ts';
import { WaitingRoom } from './fleet/waiting-room.ts';
import { WatchKeeper } from './fleet/watch-keeper.ts';
import type { LinkAddress, Member, MemberNews } from './member.ts';
import { Observers } from './observers.ts';
import type { Kind, Records } from './records.ts';
import type { Store } from './store.ts';
import { PATIENCE, RENEWAL } from './tenure/times.ts';

/** Milliseconds between two looks at what is due. */
const PULSE = RENEWAL / 5;

/** Looks from one time at which what was refused is tried again, and garbage collected, to the next. */
const ROUND = 5;

/** Milliseconds in which what was claimed before a claim of this member becomes known. */
const CATCHING_UP = 1000;

/** What is waited for until then. */
const TOLD = 'told';

/** What a member of a fleet tells others of itself, once and for all. */
export interface FleetSelf {
  /** `<advertise>:<control port>`. */
  name: string;
  link: LinkAddress;
}

/** What a directory needs beside its store. */
export interface FleetSettings {
  /** Seconds for which heirs alone may take what a member had that is gone. */
  lease: number;
  /** Asks another member whether it promises not to count a session out. False also where it does not answer in time. */
  ask(member: Member, session: string, patience: number): Promise<boolean>;
  /** Told what an operator is to look at. */
  report(error: RelayError): void;
}

/**
 * The directory of a member of a fleet, whose names and leases are in a {@link Store}. Its parts are in fleet/; what is
 * here puts them together, and tells each what it has to know of the others, which makes it long.
 */
export class FleetDirectory implements Directory {
  readonly #store: Store;
  readonly #settings: FleetSettings;
  readonly #copy: FleetCopy;
  readonly #membership: Membership;
  readonly #desk: ClaimDesk;
  readonly #keeper: WatchKeeper;
  readonly #garbage: Garbage;
  readonly #claiming: Claiming;
  readonly #room = new WaitingRoom();
  readonly #observers = new Observers();
  readonly #outlook = new Outlook(this.#observers, this.#room);
  readonly #complaints: Complaints;
  readonly #pulse: NodeJS.Timeout;
  #pulses = 0;
  #hasLeft = false;
  /** When claims can be made again, after all was lost: until then, somebody may not know of that. */
  #claimsFrom = 0;

  /**
   * Resolves when the others know of this member. The store is the directory's from now on, its end included.
   *
   * @throws RelayError `E_DIRECTORY` where another member has the name, or the store does not answer
   */
  static async join(
    store: Store,
    self: FleetSelf,
    settings: FleetSettings,
  ): Promise<FleetDirectory> {
    const directory = new FleetDirectory(store, self, settings);
    try {
      await joined(
        directory.#copy,
        directory.#membership,
        directory.#room,
        store,
        () => directory.isReachable,
      );
      return directory;
    } catch (error) {
      await directory.leave();
      throw error;
    }
  }

  private constructor(store: Store, self: FleetSelf, settings: FleetSettings) {
    const { name, link } = self;
    this.#store = store;
    this.#settings = settings;
    this.#complaints = new Complaints((error) => settings.report(error));
    this.#copy = new FleetCopy(name, this.#copyObserver());
    this.#membership = new Membership(name, link, store, this.#membershipHost());
    this.#desk = new ClaimDesk(store, this.#copy, this.#membership, this.#room);
    this.#keeper = new WatchKeeper(store, this.#copy, (session) => this.#sessionChanged(session));
    this.#garbage = new Garbage(store, this.#copy, this.#lease);
    this.#claiming = new Claiming(
      this.#copy,
      this.#desk,
      this.#membership,
      this.#room,
      this.#lease,
      this.#claimingHost(),
    );
    this.#pulse = setInterval(() => this.#beat(), PULSE);
    store.watch(this.#copy);
  }

  get self(): Member {
    const { name, session, link, news } = this.#membership;
    return { name, session, link, state: this.#hasLeft ? 'gone' : 'live', ...news };
  }

  get holds(): boolean {
    return this.#membership.holds && this.#desk.isSettled;
  }

  get isReachable(): boolean {
    return this.#copy.isComplete && this.#membership.isJoined && this.#membership.isAnswered;
  }

  claim<K extends Kind>(
    kind: K,
    id: string,
    record: Records[K],
    heir?: string,
  ): Promise<Claim<K> | ClaimRefusal> {
    return this.#claiming.claim(kind, id, record, heir);
  }

  find<K extends Kind>(kind: K, id: string): FleetStanding<K> | undefined {
    const standing = this.#copy.standings.find(kind, id);
    return standing && !isOver(standing, this.#lease, performance.now()) ? standing : undefined;
  }

  *all<K extends Kind>(kind: K): Iterable<FleetStanding<K>> {
    const now = performance.now();
    for (const standing of this.#copy.standings.all(kind)) {
      if (!isOver(standing, this.#lease, now)) yield standing;
    }
  }

  leasesOf(token: string): number {
    return this.#copy.standings.leasesOf(token);
  }

  async isWithin(most: number, token: string, generation: number): Promise<boolean> {
    const deadline = performance.now() + CATCHING_UP;
    for (;;) {
      const left = deadline - performance.now();
      if (this.#copy.told >= generation || !this.isReachable || left <= 0) break;
      await this.#room.wait([TOLD], left);
    }
    return this.#copy.standings.isWithin(most, token, generation);
  }

  members(): Member[] {
    const others = [...this.#others()].map(({ member }) => member);
    return [this.self, ...others];
  }

  tell(news: MemberNews): void {
    this.#membership.tell(news);
    this.#observers.memberChanged(this.self);
  }

  watch(observer: DirectoryObserver): () => void {
    return this.#observers.add(observer);
  }

  /**
   * What this member answers to another one that asks for its promise. Once it has left it has none to give: the next
   * process by its name may be there before this one is gone.
   */
  promise(session: string): boolean {
    if (this.#hasLeft) return false;
    const asking = this.#copy.session(session);
    if (asking === undefined || asking.isGone) return false;
    return !this.#membership.isOwn(session) && asking.vigil.promise(performance.now());
  }

  async leave(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    clearInterval(this.#pulse);
    await this.#membership.leave();
    this.#tellChanges();
    this.#observers.memberChanged(this.self);
    this.#room.happenedAll();
    await this.#store.close();
  }

  /** In milliseconds. */
  get #lease(): number {
    return this.#settings.lease * 1000;
  }

  get #canClaim(): boolean {
    return this.isReachable && performance.now() >= this.#claimsFrom;
  }

  #beat(): void {
    this.#pulses += 1;
    this.#keeper.look((session) => this.#mayEnd(session));
    this.#membership.pulse(this.#copy.isComplete && mayHaveEntry(this.#copy, this.#membership));
    if (this.#pulses % ROUND === 0) {
      this.#desk.retry();
      this.#copy.tidy();
      if (this.isReachable && this.#isFirst) void this.#garbage.collect(performance.now());
    }
    this.#tellChanges();
  }

  /** One of those that live is to do what everybody could. */
  get #isFirst(): boolean {
    return [...this.#others()].every(
      ({ member }) => member.state !== 'live' || member.name > this.#membership.name,
    );
  }

  *#others(): Iterable<Session> {
    for (const session of this.#copy.members()) {
      if (session.member.name !== this.#membership.name) yield session;
    }
  }

  /** Before this process is a member, it sees to the one before only, whose name it has. */
  #mayEnd({ id, member }: Session): boolean {
    const { name, isJoined } = this.#membership;
    return !this.#membership.isOwn(id) && (isJoined || member.name === name);
  }

  #tellChanges(): void {
    const { isReachable, holds } = this;
    this.#outlook.is({ isReachable, holds, canClaim: this.#canClaim });
  }

  #copyObserver(): CopyObserver {
    return {
      lost: () => {
        this.#claimsFrom = performance.now() + PATIENCE;
      },
      complete: () => {
        this.#keeper.listens();
        this.#beat();
      },
      away: () => this.#tellChanges(),
      claimChanged: (kind, id) => {
        const key = keyOf(kind, id);
        this.#desk.look({ kind, id, key });
        this.#room.happened(key);
        this.#observers.changed(kind, id);
      },
      memberEntry: (name, entry, revision) => this.#memberEntry(name, entry, revision),
      sessionChanged: (session) => this.#sessionChanged(session),
      unreadable: (key) => this.#complaints.about(key),
      told: () => this.#room.happened(TOLD),
    };
  }

  #memberEntry(name: string, entry: MemberEntry | undefined, revision: number): void {
    if (name !== this.#membership.name) return;
    this.#membership.seen(entry, revision);
    this.#room.happened(OWN_ENTRY);
  }

  #sessionChanged(session: Session): void {
    this.#room.happened(session.id);
    if (session.member.name !== this.#membership.name) {
      this.#observers.memberChanged(session.member);
    }
  }

  #claimingHost(): ClaimingHost {
    const directory = this;
    return {
      get hasLeft() {
        return directory.#hasLeft;
      },
      get canClaim() {
        return directory.#canClaim;
      },
      get isLongAway() {
        return directory.#outlook.isLongAway;
      },
    };
  }

  #membershipHost(): MembershipHost {
    return {
      others: () => {
        const here = [...this.#others()].filter((session) => !session.isGone);
        return here.map(({ member }) => member.name);
      },
      ask: async (name, session, patience) => {
        const asked = this.#copy.member(name)?.member;
        if (asked === undefined) return false;
        return this.#settings.ask(asked, session, patience).catch(() => false);
      },
      wrote: (key, value, revision) => this.#copy.wrote(key, value, revision),
      joined: () => {
        // The one before, by this name, may have promised until now.
        this.#keeper.listens();
        this.#desk.retry();
        this.#tellChanges();
        this.#observers.memberChanged(this.self);
      },
      ended: () => {
        this.#desk.startAnew();
        this.#tellChanges();
      },
    };
  }
}
