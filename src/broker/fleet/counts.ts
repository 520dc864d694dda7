import type { Claim, ClaimRefusal } from '../../directory/directory.ts';
import type { ForwardRefusal, LinkFailure } from '../../links/links.ts';

/** Bytes of a client that another member serves, in both directions, as they are at the moment. */
interface Moving {
  readonly bytesToServer: number;
  readonly bytesToClient: number;
}

/** Why a client could not be taken to the member that has its name. */
export type ForwardFailure = ForwardRefusal | LinkFailure;

/** Clients that came here and are served by other members. */
export interface ForwardCounters {
  /** At the moment. */
  now: number;
  /** Since the start, those of the moment included. */
  total: number;
  bytesToServer: number;
  bytesToClient: number;
  /** Tries: a client whose name moves meanwhile is taken elsewhere. */
  failures: Record<ForwardFailure, number>;
}

/** Names and leases that this member has asked for. */
export interface ClaimCounters {
  made: number;
  refused: Record<ClaimRefusal['refused'], number>;
  /** Those made that another member has got since. */
  lost: number;
}

/** What a broker counts of its part in a fleet. */
export class FleetCounts {
  readonly claims: ClaimCounters = {
    made: 0,
    refused: { taken: 0, unreachable: 0, closed: 0 },
    lost: 0,
  };
  readonly #failures: Record<ForwardFailure, number> = {
    'not-here': 0,
    away: 0,
    unreachable: 0,
    untrusted: 0,
    timeout: 0,
    lost: 0,
    misbehaved: 0,
    descriptors: 0,
    closed: 0,
    reset: 0,
  };
  readonly #forwarding = new Set<Moving>();
  #over = { clients: 0, bytesToServer: 0, bytesToClient: 0 };

  /** Passes on what comes of a claim. */
  async claimed<Outcome extends Claim | ClaimRefusal>(
    claiming: Promise<Outcome>,
  ): Promise<Outcome> {
    const outcome = await claiming;
    if ('refused' in outcome) this.claims.refused[outcome.refused] += 1;
    else {
      this.claims.made += 1;
      void outcome.lost.then(() => {
        this.claims.lost += 1;
      });
    }
    return outcome;
  }

  /** A client is joined with a stream to another member. To be followed by {@link FleetCounts.forwarded}. */
  forwarding(client: Moving): void {
    this.#forwarding.add(client);
  }

  /** Its connection is over. */
  forwarded(client: Moving): void {
    if (!this.#forwarding.delete(client)) return;
    this.#over.clients += 1;
    this.#over.bytesToServer += client.bytesToServer;
    this.#over.bytesToClient += client.bytesToClient;
  }

  notForwarded(failure: ForwardFailure): void {
    this.#failures[failure] += 1;
  }

  get forwards(): ForwardCounters {
    const { clients, ...over } = this.#over;
    const sum = (direction: keyof Moving) =>
      [...this.#forwarding].reduce((bytes, client) => bytes + client[direction], over[direction]);
    return {
      now: this.#forwarding.size,
      total: clients + this.#forwarding.size,
      bytesToServer: sum('bytesToServer'),
      bytesToClient: sum('bytesToClient'),
      failures: { ...this.#failures },
    };
  }
}
