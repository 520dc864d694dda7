import type { ClaimRefusal, Directory, Standing } from '../../directory/directory.ts';
import type { Member } from '../../directory/member.ts';
import type { FleetCounts } from '../fleet/counts.ts';
import type { NamedService } from './named-service.ts';
import { type MakeClaim, Place, type Whereabouts } from './place.ts';
import { Seat } from './seat.ts';

/** How a name is to be had. */
export interface NameTerms {
  /** See {@link NameRecord}. */
  heir?: string | undefined;
  /** Whether it may be shared with those that have the same heir. */
  isShared?: boolean;
  /** By default, `away`. */
  whereabouts?: Whereabouts;
  /** Told when another member has it, whom it was not left to. */
  lost(by: Standing<'name'> | undefined): void;
}

/**
 * Where a client is to go that asks for a name. `wait`: it is on its way from one member to another, or
 * it is not known whose it is.
 */
export type Route =
  | { to: 'here'; service: NamedService }
  | { to: 'there'; member: Member }
  | { to: 'wait' }
  | { to: 'nowhere'; because: 'unknown' | 'away' };

/** Why a name is not had. Nobody can tell whose it is while somebody else of this broker asks for it. */
export type NameRefusal = ClaimRefusal | { refused: 'taken'; by: undefined };

interface Holder {
  place: Place;
  seats: Map<Seat, NameTerms>;
}

/** The names that are served here, and where all the others are. */
export class Names {
  readonly #directory: Directory;
  readonly #counts: FleetCounts;
  readonly #here = new Map<string, Holder>();
  /** Those that were given up here, and others may not have yet. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #settled = new Set<(name: string) => void>();

  constructor(directory: Directory, counts: FleetCounts) {
    this.#directory = directory;
    this.#counts = counts;
  }

  /** A seat, to be released, or why there is none. */
  async claim(name: string, terms: NameTerms): Promise<Seat | NameRefusal> {
    const { heir, isShared = false } = terms;
    let holder = this.#here.get(name);
    if (holder !== undefined && !(isShared && holder.place.heir === heir)) {
      return { refused: 'taken', by: undefined };
    }
    holder ??= this.#take(name, terms);
    const { place, seats } = holder;
    const seat = new Seat(place, (given) => this.#giveUp(name, place, given));
    seats.set(seat, terms);
    const refusal = await place.claimed;
    if (refusal === undefined) return seat;
    seat.release();
    return refusal;
  }

  /** Tells of each name that is served here from then on, which its directory knows before; the answer ends that. */
  watch(settled: (name: string) => void): () => void {
    this.#settled.add(settled);
    return () => void this.#settled.delete(settled);
  }

  /** Where a client that asks for the name is to go at this moment. */
  routeOf(name: string): Route {
    const place = this.#here.get(name)?.place;
    if (place?.isSettled && this.#directory.holds) return { to: 'here', service: place.services };
    const standing = this.#directory.find('name', name);
    if (standing === undefined) {
      return place === undefined ? UNKNOWN : AWAY;
    }
    const { member, record } = standing;
    // A silent one may serve by the promises of the others, while the store is away: it knows.
    // One whose entry is not there cannot be dialled: it is about to be told of, or somebody else wrote that claim.
    const isNowhere = member.link.port === 0;
    const isUndecided = member.state === 'gone' || isNowhere || record.offer === 'moving';
    if (isUndecided || member.session === this.#directory.self.session) return WAIT;
    return record.offer === 'open' ? { to: 'there', member } : AWAY;
  }

  /** Who serves the name here, to clients that another member sends: undefined where nobody may. */
  serviceHere(name: string): NamedService | undefined {
    const route = this.routeOf(name);
    return route.to === 'here' ? route.service : undefined;
  }

  /** For those that have a name here: the one it was claimed with last. */
  #take(name: string, { heir, whereabouts = 'away' }: NameTerms): Holder {
    const claim: MakeClaim = async (record) => {
      await this.#leaving.get(name);
      return this.#counts.claimed(this.#directory.claim('name', name, record, heir));
    };
    const seats: Holder['seats'] = new Map();
    const place = new Place({ heir, whereabouts }, claim, {
      settled: () => {
        for (const tell of this.#settled) tell(name);
      },
      lost: (by) => this.#lost(name, place, by),
    });
    const holder = { place, seats };
    this.#here.set(name, holder);
    return holder;
  }

  #giveUp(name: string, place: Place, seat: Seat): void {
    const holder = this.#here.get(name);
    if (holder?.place !== place) return;
    holder.seats.delete(seat);
    if (holder.seats.size > 0) {
      place.update();
      return;
    }
    this.#here.delete(name);
    const left = place.release().finally(() => {
      if (this.#leaving.get(name) === left) this.#leaving.delete(name);
    });
    this.#leaving.set(name, left);
  }

  #lost(name: string, place: Place, by: Standing<'name'> | undefined): void {
    const holder = this.#here.get(name);
    if (holder?.place !== place) return;
    this.#here.delete(name);
    for (const { lost } of holder.seats.values()) lost(by);
  }
}

const UNKNOWN: Route = { to: 'nowhere', because: 'unknown' };
const AWAY: Route = { to: 'nowhere', because: 'away' };
const WAIT: Route = { to: 'wait' };
