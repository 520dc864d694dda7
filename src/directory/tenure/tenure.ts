import { Round } from './round.ts';
import { RENEWAL, TENURE, WITHOUT_STORE } from './times.ts';

/** A change of a session's entry, which renews the session if it is written. */
export interface Renewal {
  /** Before it was sent. */
  readonly sentAt: number;
  /** Names of the other members that the entry lists. */
  readonly knows: ReadonlySet<string>;
}

/**
 * For how long what a session has claimed is its own, see docs/fleet.md, "Who owns a name". It runs from the
 * moment of asking, not from that of the answer: whoever answers waits from a later one.
 *
 * Times are milliseconds of a `Clock`.
 */
export class Tenure {
  /** The last renewal that is known to be written. */
  #granted: Renewal | undefined;
  /** The last one that was sent. */
  #sent: Renewal | undefined;
  /** Whom those list that may be written after the one that was granted, or may be yet. */
  #mayKnow = new Set<string>();
  /** When the last question began that was answered with promises by all. */
  #promisedFrom = Number.NEGATIVE_INFINITY;

  /** To be called before the entry is sent. The session begins with the first one. */
  renew(knows: Iterable<string>, now: number): Renewal {
    this.#sent = { sentAt: now, knows: new Set(knows) };
    this.#mayKnow = new Set([...this.#mayKnow, ...this.#sent.knows]);
    return this.#sent;
  }

  /** It is written: the store says so, or it is seen there. */
  granted(renewal: Renewal): void {
    if (this.#granted && renewal.sentAt < this.#granted.sentAt) return;
    this.#granted = renewal;
    if (renewal === this.#sent) this.#mayKnow.clear();
  }

  /** Whether members are to be asked for their promises: the store has not answered for longer than it takes. */
  needsPromises(now: number): boolean {
    if (this.#granted === undefined) return false;
    const silence = now - this.#granted.sentAt;
    return silence > 1.5 * RENEWAL && silence < WITHOUT_STORE;
  }

  /**
   * To be called before the first member is asked. These are all whom the entry may list, whichever renewal was
   * the last to be written: whoever is listed only from now on waits for longer than this round counts.
   */
  ask(now: number): Round {
    const round = new Round([...(this.#granted?.knows ?? []), ...this.#mayKnow], now);
    this.#count(round);
    return round;
  }

  /** A member has promised. */
  promised(round: Round, member: string): void {
    round.promised(member);
    this.#count(round);
  }

  #count(round: Round): void {
    if (round.isComplete) this.#promisedFrom = Math.max(this.#promisedFrom, round.begunAt);
  }

  /** Milliseconds for which it holds yet, if nothing comes; zero or less when it does not. */
  remaining(now: number): number {
    if (this.#granted === undefined) return 0;
    const sinceGranted = now - this.#granted.sentAt;
    const byPromises = TENURE - (now - this.#promisedFrom);
    return Math.max(TENURE - sinceGranted, Math.min(byPromises, WITHOUT_STORE - sinceGranted));
  }

  holds(now: number): boolean {
    return this.remaining(now) > 0;
  }
}
