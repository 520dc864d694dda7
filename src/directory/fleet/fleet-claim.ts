import { isDeepStrictEqual } from 'node:util';
import { RelayError } from '../../errors.ts';
import type { Claim } from '../directory.ts';
import type { Kind, Records } from '../records.ts';
import { keyOf } from './entries.ts';
import type { FleetStanding } from './fleet-copy.ts';

/** Who writes down what is to be known of claims. */
export interface ClaimHost {
  /** What is to be written of it is not what is. */
  changed(claim: FleetClaim): void;
  /** Resolves when others may have it, or cannot be told. */
  released(claim: FleetClaim): Promise<void>;
}

interface Waiting {
  resolve(): void;
  reject(error: RelayError): void;
}

/** What was written of a claim. */
export interface Written<K extends Kind> {
  record: Records[K];
  session: string;
  generation: number;
}

/** Something that this member has. */
export class FleetClaim<K extends Kind = Kind> implements Claim<K> {
  readonly kind: K;
  readonly id: string;
  readonly key: string;
  readonly lost: Promise<FleetStanding<K> | undefined>;
  readonly #host: ClaimHost;
  #record: Records[K];
  #written: Written<K>;
  #state: 'kept' | 'released' | 'lost' = 'kept';
  #by: FleetStanding<K> | undefined;
  #tellLost = () => {};
  #waiting: Waiting[] = [];

  constructor(kind: K, id: string, written: Written<K>, host: ClaimHost) {
    this.kind = kind;
    this.id = id;
    this.key = keyOf(kind, id);
    this.#host = host;
    this.#record = written.record;
    this.#written = written;
    const isLost = new Promise<void>((resolve) => {
      this.#tellLost = resolve;
    });
    this.lost = isLost.then(() => this.#by);
  }

  get generation(): number {
    return this.#written.generation;
  }

  get record(): Records[K] {
    return this.#record;
  }

  /** The session that it was last claimed by. */
  get session(): string {
    return this.#written.session;
  }

  update(record: Records[K]): void {
    // Most who come back change nothing, and all come at once where a member has died.
    if (this.#state !== 'kept' || isSame(record, this.#record)) return;
    this.#record = record;
    this.#host.changed(this);
  }

  recorded(): Promise<void> {
    if (this.#state === 'lost') return Promise.reject(lostError(this.id));
    if (this.#state === 'released' || this.#written.record === this.#record) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  async release(): Promise<void> {
    if (this.#state !== 'kept') return;
    this.#state = 'released';
    for (const { resolve } of this.#done()) resolve();
    await this.#host.released(this);
  }

  wrote(written: Written<K>): void {
    this.#written = written;
    if (written.record !== this.#record) return;
    for (const { resolve } of this.#done()) resolve();
  }

  /** Somebody else has it. */
  lose(standing: FleetStanding<K> | undefined): void {
    this.#state = 'lost';
    for (const { reject } of this.#done()) reject(lostError(this.id));
    this.#by = standing;
    this.#tellLost();
  }

  #done(): Waiting[] {
    return this.#waiting.splice(0);
  }
}

function lostError(id: string): RelayError {
  return new RelayError(
    'E_DIRECTORY',
    `Another relay of the fleet has taken ${id}, after this one was taken for dead. Look at whether this one reaches NATS in time.`,
  );
}

/** By what is written: what is undefined is not. */
function isSame(record: object, other: object): boolean {
  return isDeepStrictEqual(plain(record), plain(other));
}

function plain(record: object): unknown {
  return JSON.parse(JSON.stringify(record));
}
