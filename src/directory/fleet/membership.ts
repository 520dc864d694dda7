import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { LinkAddress, MemberNews } from '../member.ts';
import { type Store, StoreAway } from '../store.ts';
import { Clock } from '../tenure/clock.ts';
import type { Round } from '../tenure/round.ts';
import { type Renewal, Tenure } from '../tenure/tenure.ts';
import { PATIENCE, RENEWAL } from '../tenure/times.ts';
import { formatEntry, keyOf, type MemberEntry } from './entries.ts';

/** Octets of a session's id: nobody draws it twice. */
const ID = 16;

/** Milliseconds for which a promise is waited for: those who are asked are near, or it is of no use. */
const ASKING = 1000;

/**
 * Renewals whose answers are awaited, and former sessions that are remembered: more than there are unless NATS hangs
 * for an hour, or this process is counted out a hundred times before it can write down what it has.
 */
const MOST_SENT = 2000;
const MOST_SESSIONS = 100;

/** How often a member tries to say that it leaves, and milliseconds in between. */
const TRIES = 10;
const PAUSE = 50;

/** What a membership needs of the directory that it is part of. */
export interface MembershipHost {
  /** Names of the other members that are here. */
  others(): string[];
  /** Asks another member not to count a session out. */
  ask(name: string, session: string, patience: number): Promise<boolean>;
  /** The entry was written. */
  wrote(key: string, value: string, revision: number): void;
  /** A session has begun: what is known of it is in the copy. */
  joined(): void;
  /** It is over, and not because this member has left. */
  ended(): void;
}

/** This process's sessions, one after the other: begins them, renews them, and sees that they are over. */
export class Membership {
  readonly name: string;
  readonly #key: string;
  readonly #link: LinkAddress;
  readonly #store: Store;
  readonly #host: MembershipHost;
  #news: MemberNews = { load: { registrations: 0, connections: 0 }, isDraining: false };
  #session = newId();
  readonly #sessions = new Set([this.#session]);
  #tenure = new Tenure();
  readonly #clock = new Clock();
  #isJoined = false;
  #hasLeft = false;
  #revision = 0;
  #beat = 0;
  /** Renewals that were sent, and may be written. */
  readonly #sent = new Map<number, Renewal>();
  #sentAt: number | undefined;
  #knows: string[] = [];
  #grantedAt: number | undefined;
  #isWriting = false;
  #askedAt: number | undefined;

  constructor(name: string, link: LinkAddress, store: Store, host: MembershipHost) {
    this.name = name;
    this.#key = keyOf('member', name);
    this.#link = link;
    this.#store = store;
    this.#host = host;
  }

  get session(): string {
    return this.#session;
  }

  get news(): MemberNews {
    return this.#news;
  }

  get link(): LinkAddress {
    return this.#link;
  }

  /** Whether others know of the session that this process is in. */
  get isJoined(): boolean {
    return this.#isJoined && !this.#hasLeft;
  }

  /** Whether what this session has claimed is its own, at this moment. */
  get holds(): boolean {
    return this.isJoined && this.#tenure.holds(this.#clock.now());
  }

  /** Whether a renewal was answered of late. */
  get isAnswered(): boolean {
    return this.#grantedAt !== undefined && this.#clock.now() - this.#grantedAt < PATIENCE;
  }

  /** Whether a session is one of this process, the one that it is in or one before that. */
  isOwn(session: string): boolean {
    return this.#sessions.has(session);
  }

  tell(news: MemberNews): void {
    this.#news = news;
  }

  /** To be called several times between two renewals. */
  pulse(canWrite: boolean): void {
    if (this.#hasLeft) return;
    const at = this.#clock.now();
    const others = this.#host.others();
    if (canWrite && !this.#isWriting && this.#isDue(at, others)) void this.#renew(others);
    if (this.#isJoined && this.#tenure.needsPromises(at)) this.#ask(at);
  }

  /** This member's entry is another one, or was seen for the first time. */
  seen(entry: MemberEntry | undefined, revision: number): void {
    const renewal = entry && this.#sent.get(entry.beat);
    const isLive = entry?.session === this.#session && entry.state === 'live';
    this.#revision = revision;
    if (isLive && renewal !== undefined) this.#granted(entry.beat, renewal);
    else if (!isLive && this.#isJoined) this.#begin();
  }

  /** Says that the session is over. */
  async leave(): Promise<void> {
    const wasJoined = this.isJoined;
    this.#hasLeft = true;
    if (!wasJoined) return;
    const value = formatEntry({ ...this.#entry([]), state: 'gone' });
    try {
      for (let tries = 0; tries < TRIES && !(await this.#write(value)); tries += 1) {
        // A renewal was under way, and is about to be seen.
        await delay(PAUSE);
      }
    } catch (error) {
      ifAway(error);
    }
  }

  /** Those who are not listed must wait for long before they count this session out: nobody is to be one of them. */
  #isDue(at: number, others: string[]): boolean {
    if (this.#sentAt === undefined || at - this.#sentAt >= RENEWAL) return true;
    return others.some((name) => !this.#knows.includes(name));
  }

  async #renew(knows: string[]): Promise<void> {
    this.#isWriting = true;
    const [beat, session] = [this.#beat + 1, this.#session];
    this.#beat = beat;
    this.#knows = knows;
    this.#sentAt = this.#clock.now();
    const renewal = this.#tenure.renew(knows, this.#sentAt);
    this.#sent.set(beat, renewal);
    if (this.#sent.size > MOST_SENT) this.#sent.delete(beat - MOST_SENT);
    try {
      const isWritten = await this.#write(formatEntry(this.#entry(knows)));
      if (isWritten && session === this.#session) this.#granted(beat, renewal);
    } catch (error) {
      ifAway(error);
    } finally {
      this.#isWriting = false;
    }
  }

  async #write(value: string): Promise<boolean> {
    const revision = await this.#store.write(this.#key, value, this.#revision);
    if (revision === undefined) return false;
    if (revision > this.#revision) this.#revision = revision;
    this.#host.wrote(this.#key, value, revision);
    return true;
  }

  #granted(beat: number, renewal: Renewal): void {
    this.#tenure.granted(renewal);
    this.#grantedAt = this.#clock.now();
    for (const sent of this.#sent.keys()) if (sent <= beat) this.#sent.delete(sent);
    if (this.#isJoined || this.#hasLeft) return;
    this.#isJoined = true;
    this.#host.joined();
  }

  /** Another session, after this one. */
  #begin(): void {
    this.#session = newId();
    this.#sessions.add(this.#session);
    const [oldest = ''] = this.#sessions;
    if (this.#sessions.size > MOST_SESSIONS) this.#sessions.delete(oldest);
    this.#tenure = new Tenure();
    this.#sent.clear();
    this.#sentAt = undefined;
    this.#isJoined = false;
    this.#host.ended();
  }

  #ask(at: number): void {
    if (this.#askedAt !== undefined && at - this.#askedAt < RENEWAL) return;
    this.#askedAt = at;
    const [tenure, session] = [this.#tenure, this.#session];
    const round = tenure.ask(at);
    for (const name of round.missing) void this.#askOne(name, session, tenure, round);
  }

  async #askOne(name: string, session: string, tenure: Tenure, round: Round): Promise<void> {
    const promises = await this.#host.ask(name, session, ASKING);
    if (promises) tenure.promised(round, name);
  }

  #entry(knows: string[]): MemberEntry {
    const { link } = this;
    return { session: this.#session, state: 'live', link, ...this.#news, knows, beat: this.#beat };
  }
}

function newId(): string {
  return randomBytes(ID).toString('base64url');
}

function ifAway(error: unknown): void {
  if (!(error instanceof StoreAway)) throw error;
}
