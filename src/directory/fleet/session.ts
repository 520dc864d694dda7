import type { LinkAddress, Member, MemberState } from '../member.ts';
import type { Holder } from '../standings.ts';
import { Vigil } from '../tenure/vigil.ts';
import type { MemberEntry } from './entries.ts';

const NO_LINK: LinkAddress = { host: '', port: 0, key: '' };

/** Nobody is to be sent to a member of which nothing else is known. */
const UNKNOWN = {
  link: NO_LINK,
  load: { registrations: 0, connections: 0 },
  isDraining: true,
};

/** What this process knows of a member's time as one, its own included. Times are of a monotonic clock. */
export class Session implements Holder {
  member: Member;
  /** The last revision of its entry that was seen; 0 where none was. */
  revision = 0;
  /** How many names and leases it has. */
  claims = 0;
  /** When its entry was seen to change. */
  heardAt: number;
  /** Since when it is known to be over. */
  goneAt: number | undefined;
  /** Of an entry that was not seen, it is that of one who is not known there: the entry may only be told of later. */
  vigil: Vigil;
  /** The last revision that it was seen to claim something at. */
  claimedAt = 0;

  constructor(name: string, session: string, now: number) {
    this.heardAt = now;
    this.vigil = new Vigil({ revision: 0, isListed: false }, now);
    this.member = { ...UNKNOWN, name, session, state: 'silent' };
  }

  get id(): string {
    return this.member.session;
  }

  /** Whether it was never seen but by what it claimed. */
  get isStranger(): boolean {
    return this.revision === 0;
  }

  get isGone(): boolean {
    return this.goneAt !== undefined;
  }

  /** Its entry has been written. */
  seen(entry: MemberEntry, revision: number, isListed: boolean, now: number): void {
    const { link, load, isDraining, state } = entry;
    const sight = { revision, isListed };
    if (this.isStranger) this.vigil = new Vigil(sight, now);
    else this.vigil.seen(sight, now);
    this.revision = revision;
    this.heardAt = now;
    this.member = { ...this.member, link, load, isDraining };
    if (state === 'gone') this.end(now);
    else if (!this.isGone) this.becomes('live');
  }

  becomes(state: MemberState): void {
    this.member = { ...this.member, state };
  }

  end(now: number): void {
    this.goneAt ??= now;
    this.becomes('gone');
  }
}
