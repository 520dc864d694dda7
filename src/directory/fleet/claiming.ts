import { performance } from 'node:perf_hooks';
import type { Claim, ClaimRefusal } from '../directory.ts';
import type { Kind, Records } from '../records.ts';
import { StoreAway } from '../store.ts';
import type { ClaimDesk } from './claim-desk.ts';
import { keyOf } from './entries.ts';
import type { FleetCopy, FleetStanding } from './fleet-copy.ts';
import type { Membership } from './membership.ts';
import { type Claimant, type Right, rightTo } from './right.ts';
import { Slots } from './slots.ts';
import type { WaitingRoom } from './waiting-room.ts';

/**
 * Milliseconds within which a claim is decided: a member that died is counted out by then, and NATS has elected
 * another leader. Agents wait for ten seconds.
 */
export const CLAIMING = 6000;

/** Milliseconds after which a claim is tried again that was refused while the copy shows no reason. */
const AGAIN = 200;

/** Claims that are written at one time: when a member dies, all its agents come at once. */
const MOST_AT_ONCE = 256;

/** What is waited for beside what happens to keys and sessions. */
export const REACHABLE = 'reachable';

/** What a claim depends on beside who has what. */
export interface ClaimingHost {
  readonly hasLeft: boolean;
  /** Whether it can be made now. */
  readonly canClaim: boolean;
  /** Whether that was so for a time, and is not worth being waited for. */
  readonly isLongAway: boolean;
}

/** What is wanted, by whom. */
interface Wish extends Claimant {
  kind: Kind;
  id: string;
  key: string;
}

/** What becomes of a wish at this moment: it is granted, refused, or what is waited for. */
type Verdict = 'granted' | ClaimRefusal | { until: string[] };

/** Claims what can be had, and finds out whether it can. */
export class Claiming {
  readonly #copy: FleetCopy;
  readonly #desk: ClaimDesk;
  readonly #membership: Membership;
  readonly #room: WaitingRoom;
  readonly #lease: number;
  readonly #host: ClaimingHost;
  readonly #slots = new Slots(MOST_AT_ONCE);

  /** @param lease - milliseconds for which heirs alone may take what a session had */
  constructor(
    copy: FleetCopy,
    desk: ClaimDesk,
    membership: Membership,
    room: WaitingRoom,
    lease: number,
    host: ClaimingHost,
  ) {
    this.#copy = copy;
    this.#desk = desk;
    this.#membership = membership;
    this.#room = room;
    this.#lease = lease;
    this.#host = host;
  }

  /** One after the other, where the same is wanted more than once. */
  async claim<K extends Kind>(
    kind: K,
    id: string,
    record: Records[K],
    heir: string | undefined,
  ): Promise<Claim<K> | ClaimRefusal> {
    const wish = { kind, id, key: keyOf(kind, id), heir, askedAt: performance.now() };
    while (this.#desk.isWanted(wish.key)) await this.#room.wait([wish.key], CLAIMING);
    this.#desk.want(wish.key);
    try {
      return await this.#claim(wish, record);
    } finally {
      this.#desk.wantNoMore(wish);
    }
  }

  async #claim<K extends Kind>(
    wish: Wish & { kind: K },
    record: Records[K],
  ): Promise<Claim<K> | ClaimRefusal> {
    for (;;) {
      const left = wish.askedAt + CLAIMING - performance.now();
      const verdict = this.#judge(wish, left);
      if (verdict === 'granted') {
        const claim = await this.#slots.use(() => this.#make(wish, record));
        if (claim !== undefined) return claim;
      } else if ('refused' in verdict) {
        return verdict;
      } else {
        await this.#room.wait(verdict.until, left);
      }
    }
  }

  #judge(wish: Wish, left: number): Verdict {
    const { hasLeft, canClaim, isLongAway } = this.#host;
    if (hasLeft) return { refused: 'closed' };
    const by = this.#copy.standings.find(wish.kind, wish.id);
    const right = this.#rightTo(by, wish);
    if (!canClaim || (right === 'free' && left <= 0)) {
      return left <= 0 || isLongAway ? { refused: 'unreachable' } : { until: [REACHABLE] };
    }
    if (by === undefined || right === 'free') return 'granted';
    const isDecided = right === 'taken' || left <= 0;
    return isDecided ? { refused: 'taken', by } : { until: [wish.key, by.holder.id, REACHABLE] };
  }

  #rightTo(by: FleetStanding | undefined, wish: Wish): Right {
    if (by === undefined) return 'free';
    if (this.#membership.isOwn(by.holder.id)) return this.#desk.has(wish.key) ? 'taken' : 'free';
    return rightTo(by, wish, this.#lease, performance.now());
  }

  /** Undefined where that has to be judged again. */
  async #make<K extends Kind>(
    wish: Wish & { kind: K },
    record: Records[K],
  ): Promise<Claim<K> | undefined> {
    const { kind, id, key } = wish;
    // Somebody may have been quicker while others were written.
    if (this.#judge(wish, AGAIN) !== 'granted') return undefined;
    const before = this.#copy.standings.find(kind, id)?.revision;
    const claim = await this.#desk.claim(kind, id, key, record).catch(ifAway);
    const isSame = this.#copy.standings.find(kind, id)?.revision === before;
    if (claim === undefined && isSame) await this.#room.wait([key], AGAIN);
    return claim;
  }
}

function ifAway(error: unknown): undefined {
  if (!(error instanceof StoreAway)) throw error;
}
