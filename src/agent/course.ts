import { PATIENCE, RelayList } from '../relay-list.ts';

/** How often in a row relays may send an agent on, before it counts as a failure: some that disagree would do so for ever. */
const MOST_IN_A_ROW = 4;

/** How often they may within so many milliseconds: an agent is not to be had for floods. */
const MOST_WITHIN = 30;
const WINDOW = 60_000;

/** Where an agent goes next, and how. */
export interface Stop {
  /** A relay's control port. */
  relay: string;
  /** Whether another relay has said so, rather than the agent's user. */
  isSent: boolean;
  /** Milliseconds that it has to be there, and those to say something, as long as there are others. */
  patience: number | undefined;
}

/** The way of an agent from relay to relay: around the list that it was given, and to where one of them sends it. */
export class Course {
  /** Failures in a row. */
  failures = 0;
  readonly #list: RelayList;
  #sentTo: string | undefined;
  /** Where it has been without staying, since it last came from the list. */
  readonly #row = new Set<string>();
  #followed = 0;
  #windowEnds = Number.NEGATIVE_INFINITY;

  /** @param random - from 0 up to 1 */
  constructor(relays: readonly string[], random = Math.random) {
    this.#list = new RelayList(relays, random);
  }

  get relay(): string {
    return this.#sentTo ?? this.#list.current;
  }

  /** Whether another relay would be tried next. */
  get hasOthers(): boolean {
    return this.#list.size > 1 || this.#sentTo !== undefined;
  }

  /** How often all relays have failed since one did not: with one relay, the same as {@link failures}. */
  get rounds(): number {
    return Math.ceil(this.failures / this.#list.size);
  }

  /** A relay that is slow, rather than gone, is waited for in the end. */
  get stop(): Stop {
    const patience = PATIENCE * 2 ** Math.floor(this.failures / this.#list.size);
    return {
      relay: this.relay,
      isSent: this.#sentTo !== undefined,
      patience: this.hasOthers ? patience : undefined,
    };
  }

  /** The relay has had the agent for long enough to count as well. */
  stayed(): void {
    this.failures = 0;
    this.#row.clear();
  }

  /**
   * The relay sends the agent to another one.
   *
   * @param now - milliseconds of any monotonic clock
   * @returns false where it is not to go: that has happened too often
   */
  follow(to: string, now: number): boolean {
    this.#row.add(this.relay);
    if (this.#row.has(to) || this.#row.size > MOST_IN_A_ROW || !this.#mayFollow(now)) return false;
    this.#sentTo = to;
    this.#list.turnTo(to);
    return true;
  }

  /** The relay is not to be had: on with the list. */
  failed(): void {
    this.failures += 1;
    this.#row.clear();
    this.#sentTo = undefined;
    this.#list.leave(this.#list.current);
  }

  #mayFollow(now: number): boolean {
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW;
      this.#followed = 0;
    }
    this.#followed += 1;
    return this.#followed <= MOST_WITHIN;
  }
}
