import type { Clock, Clocks } from '#src/directory/tenure/clock.ts';
import type { Renewal, Tenure } from '#src/directory/tenure/tenure.ts';
import { RENEWAL } from '#src/directory/tenure/times.ts';
import type { Sight, Vigil } from '#src/directory/tenure/vigil.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network.ts';
import type { Change, ModelStore, NameEntry, SessionEntry } from './store.ts';

/** What the rule is made of: the product's own parts, or such that have a mistake. */
export interface Rule {
  tenure(now: () => number): Tenure;
  vigil(sight: Sight, now: number): Vigil;
  clock(read: () => Clocks): Clock;
}

/** How often something has come about, so that one knows that it was tried. */
export class Tally {
  countedOut = 0;
  takenOver = 0;
  /** A session held by nothing but promises. */
  byPromises = 0;
}

interface Fleet {
  rule: Rule;
  store: ModelStore;
  network: Network;
  /** The processes that run now, by name. */
  running: Map<string, Process>;
  tally: Tally;
  names: string[];
}

interface OwnSession {
  id: string;
  tenure: Tenure;
  /** Of its entry, as far as this process knows; 0 before it is written. */
  revision: number;
  renewals: Renewal[];
}

interface OwnClaim {
  session: string;
  revision: number;
  isOpen: boolean;
}

/** A process of a member: it wants every name, and does as docs/fleet.md says, "Who owns a name". */
export class Process {
  readonly machine: Machine;
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  readonly #copy = new Map<string, Change>();
  /** How much of the store's log it has been told; undefined until it has a copy. */
  #heard: number | undefined;
  #session: OwnSession | undefined;
  #sessions = 0;
  readonly #vigils = new Map<string, Vigil>();
  readonly #claims = new Map<string, OwnClaim>();
  /** The generations that it let go of, or offered to others. */
  readonly #givenUp = new Map<string, number>();
  #isOver = false;
  readonly #id: string;

  constructor(machine: Machine, id: string, fleet: Fleet) {
    this.machine = machine;
    this.#clock = fleet.rule.clock(() => machine.read());
    this.#id = id;
    this.#fleet = fleet;
    fleet.running.set(machine.name, this);
    fleet.store.onChange.add(this.#changed);
    this.#copyAll();
    this.#tick();
  }

  #copyAll(): void {
    const { store, network } = this.#fleet;
    const { name } = this.machine;
    network.surelyToStore(name, () => {
      const [entries, told] = [store.entries(), store.log.length];
      network.surelyFromStore(name, () =>
        this.#whenAwake(() => {
          for (const change of entries) this.#hear(change);
          this.#heard = told;
        }),
      );
    });
  }

  /** The generation by which it would serve a client that asks for a name now. */
  serves(name: string): number | undefined {
    const claim = this.#claims.get(name);
    if (this.machine.isAsleep) return undefined;
    if (!claim?.isOpen || claim.session !== this.#session?.id) return undefined;
    return this.#session.tenure.holds(this.#clock.now()) ? claim.revision : undefined;
  }

  /** At its clock, as it does every now and then. */
  look(): void {
    this.#clock.now();
  }

  /** Ends without a word; what it has sent may arrive yet. */
  crash(): void {
    this.#isOver = true;
    this.#fleet.running.delete(this.machine.name);
    this.#fleet.store.onChange.delete(this.#changed);
  }

  leave(): void {
    const session = this.#session;
    this.#claims.clear();
    this.#session = undefined;
    if (session) this.#write(this.#ownKey, this.#entryOf(session, true), session.revision);
    this.crash();
  }

  release(name: string): void {
    const claim = this.#claims.get(name);
    if (!claim) return;
    this.#claims.delete(name);
    this.#givenUp.set(name, claim.revision);
    this.#write(keyOf(name), undefined, claim.revision);
  }

  /** Lets whoever comes have it. */
  move(name: string): void {
    const claim = this.#claims.get(name);
    if (!claim) return;
    claim.isOpen = false;
    this.#givenUp.set(name, claim.revision);
    this.#write(keyOf(name), this.#nameEntry(name, claim.session, true), claim.revision);
  }

  #promises(session: string): boolean {
    return this.#vigils.get(session)?.promise(this.machine.read().monotonic) ?? false;
  }

  get #ownKey(): string {
    return this.machine.name;
  }

  #tick(): void {
    if (this.#isOver) return;
    if (this.#heard !== undefined) {
      this.#renew();
      this.#ask();
      this.#countOut();
      for (const name of this.#fleet.names) this.#claim(name);
    }
    this.machine.after(RENEWAL, () => this.#tick());
  }

  #renew(): void {
    const own = this.#copy.get(this.#ownKey);
    this.#session ??= this.#begin(own);
    const session = this.#session;
    if (!session) return;
    const knows = this.#sessionsSeen().map(({ member }) => member);
    const number = session.renewals.push(session.tenure.renew(knows, this.#clock.now())) - 1;
    this.#write(this.#ownKey, this.#entryOf(session, false), session.revision, (revision) => {
      if (revision !== undefined) this.#renewed(session, number, revision);
    });
  }

  #begin(own: Change | undefined): OwnSession | undefined {
    if (own?.value?.kind === 'session' && !own.value.isGone) return undefined;
    const tenure = this.#fleet.rule.tenure(() => this.#clock.now());
    this.#sessions += 1;
    const id = `${this.#id}.${this.#sessions}`;
    return { id, tenure, revision: own?.revision ?? 0, renewals: [] };
  }

  #entryOf({ id, renewals }: OwnSession, isGone: boolean): SessionEntry {
    const knows = [...(renewals.at(-1)?.knows ?? [])];
    const member = this.machine.name;
    return { kind: 'session', member, session: id, renewal: renewals.length - 1, knows, isGone };
  }

  #renewed(session: OwnSession, number: number, revision: number): void {
    const renewal = session.renewals[number];
    if (revision <= session.revision || !renewal) return;
    session.revision = revision;
    session.tenure.granted(renewal);
  }

  #ask(): void {
    const session = this.#session;
    if (!session?.tenure.needsPromises(this.#clock.now())) return;
    const round = session.tenure.ask(this.#clock.now());
    const { name } = this.machine;
    for (const member of round.missing) {
      this.#fleet.network.between(name, member, () => {
        const asked = this.#fleet.running.get(member);
        asked?.machine.whenAwake(() => {
          if (asked.#isOver || !asked.#promises(session.id)) return;
          this.#fleet.network.between(member, name, () =>
            this.#whenAwake(() => {
              const before = session.tenure.holds(this.#clock.now());
              session.tenure.promised(round, member);
              if (!before && session.tenure.holds(this.#clock.now()))
                this.#fleet.tally.byPromises++;
            }),
          );
        });
      });
    }
  }

  #countOut(): void {
    for (const entry of this.#sessionsSeen(true)) {
      const vigil = this.#vigils.get(entry.session);
      if (!vigil || vigil.delay(this.machine.read().monotonic) > 0) continue;
      const after = vigil.end();
      this.#write(entry.member, { ...entry, isGone: true }, after, (revision) => {
        if (revision === undefined) vigil.refused(after);
        else this.#fleet.tally.countedOut++;
      });
    }
  }

  #claim(name: string): void {
    const session = this.#session;
    // Before its session is written, others would take what it claims for a dead one's.
    if (!session?.tenure.holds(this.#clock.now()) || this.#claims.has(name)) return;
    const seen = this.#copy.get(keyOf(name));
    if (seen?.value?.kind === 'name') {
      const { value } = seen;
      const isFree = value.isMoving || value.session === session.id || !this.#lives(value);
      if (!isFree) return;
    }
    const entry = this.#nameEntry(name, session.id, false);
    this.#write(keyOf(name), entry, seen?.revision ?? 0, (revision) => {
      if (revision === undefined) return;
      if (seen?.value?.kind === 'name' && seen.value.session !== session.id) {
        this.#fleet.tally.takenOver++;
      }
      this.#claimed(name, session, revision);
    });
  }

  /** Answers may come late: what was heard or given up since counts. */
  #claimed(name: string, session: OwnSession, revision: number): void {
    const known = [this.#copy.get(keyOf(name)), this.#claims.get(name)];
    if (session !== this.#session || (this.#givenUp.get(name) ?? 0) >= revision) return;
    if (known.some((other) => (other?.revision ?? 0) > revision)) return;
    this.#claims.set(name, { session: session.id, revision, isOpen: true });
  }

  #nameEntry(name: string, session: string, isMoving: boolean): NameEntry {
    return { kind: 'name', name, session, member: this.machine.name, isMoving };
  }

  #lives({ member, session }: NameEntry): boolean {
    const entry = this.#copy.get(member)?.value;
    return entry?.kind === 'session' && entry.session === session && !entry.isGone;
  }

  /** Entries of sessions that are not gone: of others, or also what is here of an earlier process. */
  #sessionsSeen(withPredecessor = false): SessionEntry[] {
    return [...this.#copy.values()].flatMap(({ value }) => {
      if (value?.kind !== 'session' || value.isGone) return [];
      const isOwnName = value.member === this.machine.name;
      if (isOwnName && !(withPredecessor && value.session !== this.#session?.id)) return [];
      return [value];
    });
  }

  readonly #changed = (): void => {
    const { store, network } = this.#fleet;
    const told = store.log.length;
    network.surelyFromStore(this.machine.name, () => this.#whenAwake(() => this.#hearUpTo(told)));
  };

  /** Changes come in order: with one, all that were before it. */
  #hearUpTo(told: number): void {
    if (this.#heard === undefined) return;
    const news = this.#fleet.store.log.slice(this.#heard, told);
    this.#heard = Math.max(this.#heard, told);
    for (const change of news) this.#hear(change);
  }

  #hear(change: Change): void {
    const before = this.#copy.get(change.key)?.value;
    this.#copy.set(change.key, change);
    if (change.value?.kind === 'session')
      this.#hearOfSession(change.value, change.revision, before);
    else this.#hearOfName(change.key, change);
  }

  #hearOfSession(entry: SessionEntry, revision: number, before: Change['value']): void {
    const own = this.#session;
    if (before?.kind === 'session' && before.session !== entry.session) {
      this.#vigils.delete(before.session);
    }
    if (entry.session === own?.id && !entry.isGone) {
      this.#renewed(own, entry.renewal, revision);
      return;
    }
    if (entry.member === this.machine.name && revision > (own?.revision ?? 0)) {
      this.#session = undefined;
      this.#claims.clear();
    }
    if (entry.isGone) {
      this.#vigils.delete(entry.session);
      return;
    }
    const isListed = entry.member === this.machine.name || entry.knows.includes(this.machine.name);
    const { monotonic } = this.machine.read();
    const vigil = this.#vigils.get(entry.session);
    if (vigil) vigil.seen({ revision, isListed }, monotonic);
    else this.#vigils.set(entry.session, this.#fleet.rule.vigil({ revision, isListed }, monotonic));
  }

  #hearOfName(key: string, { value, revision }: Change): void {
    const name = key.slice('name '.length);
    const claim = this.#claims.get(name);
    if (!claim || revision <= claim.revision) return;
    const isOwn = value?.kind === 'name' && value.session === claim.session;
    if (isOwn) claim.revision = revision;
    else this.#claims.delete(name);
    // What was moving and is nobody else's yet is claimed anew.
    if (isOwn && !claim.isOpen) this.#claims.delete(name);
  }

  #write(
    key: string,
    value: Change['value'],
    after: number,
    answered: (revision: number | undefined) => void = () => {},
  ): void {
    const { store, network } = this.#fleet;
    const { name } = this.machine;
    network.toStore(name, () => {
      const revision = store.write(key, value, after);
      network.fromStore(name, () => this.#whenAwake(() => answered(revision)));
    });
  }

  #whenAwake(act: () => void): void {
    this.machine.whenAwake(() => {
      if (!this.#isOver) act();
    });
  }
}

function keyOf(name: string): string {
  return `name ${name}`;
}
