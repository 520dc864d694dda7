import type { Claim, ClaimRefusal, Directory, Standing } from '../../directory/directory.ts';
import type { LeaseRecord } from '../../directory/records.ts';
import type { FleetCounts } from '../fleet/counts.ts';
import type { Lease } from './lease-file.ts';

/** Told when another member has a lease, to whom it was not left. */
export type LeaseLost = (keyHash: string, by: Standing<'lease'> | undefined) => void;

/** The leases of this broker in the directory, where another member of the fleet can take them up. */
export class LeaseClaims {
  readonly #directory: Directory;
  readonly #counts: FleetCounts;
  readonly #lost: LeaseLost;
  /** Those that are to be this broker's, claimed or not yet. */
  readonly #wanted = new Map<string, Lease>();
  readonly #claims = new Map<string, Claim<'lease'>>();
  readonly #stopWatching: () => void;

  constructor(directory: Directory, counts: FleetCounts, lost: LeaseLost) {
    this.#directory = directory;
    this.#counts = counts;
    this.#lost = lost;
    this.#stopWatching = directory.watch({
      reachable: (isReachable) => isReachable && this.#claimLate(),
    });
  }

  /** Undefined where nobody has it. */
  find(keyHash: string): Standing<'lease'> | undefined {
    return this.#directory.find('lease', keyHash);
  }

  /** Of the claim of one that is here. Undefined where it is yet to be claimed. */
  generationOf(keyHash: string): number | undefined {
    return this.#claims.get(keyHash)?.generation;
  }

  /** Claims a new one, or one that another member has had. Resolves with why not. */
  async claim(lease: Lease): Promise<ClaimRefusal | undefined> {
    this.#wanted.set(lease.keyHash, lease);
    const refusal = await this.#claim(lease);
    if (refusal !== undefined) this.#wanted.delete(lease.keyHash);
    return refusal;
  }

  /** Claims a new one as soon as that can be done: its key was drawn here, so nobody else can have it. */
  claimLater(lease: Lease): void {
    this.#wanted.set(lease.keyHash, lease);
  }

  /** Records what has changed. */
  update(lease: Lease): void {
    const claim = this.#claims.get(lease.keyHash);
    this.#wanted.set(lease.keyHash, lease);
    // Its agent may come back just when it is to be sent elsewhere: that goes on.
    claim?.update({ ...recordOf(lease), ...(claim.record.moving && { moving: true }) });
  }

  /** Leaves it to whichever member its agent comes to. Resolves when that may take it. */
  async leave(keyHash: string): Promise<void> {
    const claim = this.#claims.get(keyHash);
    claim?.update({ ...claim.record, moving: true });
    await claim?.recorded();
  }

  /** Gives it back, unless it was left. */
  drop(keyHash: string): void {
    const claim = this.#claims.get(keyHash);
    this.#wanted.delete(keyHash);
    this.#claims.delete(keyHash);
    if (claim?.record.moving !== true) void claim?.release();
  }

  close(): void {
    this.#stopWatching();
    this.#wanted.clear();
  }

  async #claim(lease: Lease): Promise<ClaimRefusal | undefined> {
    const { keyHash } = lease;
    const claiming = this.#directory.claim('lease', keyHash, recordOf(lease));
    const claim = await this.#counts.claimed(claiming);
    if ('refused' in claim) return claim;
    if (!this.#wanted.has(keyHash)) {
      await claim.release();
      return undefined;
    }
    this.#claims.set(keyHash, claim);
    void claim.lost.then((by) => {
      if (this.#claims.get(keyHash) !== claim) return;
      this.drop(keyHash);
      this.#lost(keyHash, by);
    });
    return undefined;
  }

  #claimLate(): void {
    for (const [keyHash, lease] of this.#wanted) {
      if (!this.#claims.has(keyHash)) void this.#claim(lease);
    }
  }
}

function recordOf({ keyHash: _, ...record }: Lease): LeaseRecord {
  return record;
}
