import type { Claim, ClaimRefusal, Standing } from '../../directory/directory.ts';
import type { NameRecord } from '../../directory/records.ts';
import type { NamedService, OfferedService } from './named-service.ts';
import { Rotation } from './rotation.ts';

/** Where the service is when its name is claimed: `here`, or about to be any moment, for which clients wait; or nobody knows. */
export type Whereabouts = 'here' | 'away';

/** Told what becomes of a place. */
export interface PlaceObserver {
  /** Clients who wait for it are served from now on. */
  settled(): void;
  /** Another member has it, whom it was not left to. */
  lost(by: Standing<'name'> | undefined): void;
}

/** Makes the claim of a place. */
export type MakeClaim = (record: NameRecord) => Promise<Claim<'name'> | ClaimRefusal>;

/** A name that this broker has, or is about to have, with all who serve it here. */
export class Place {
  readonly #services = new Rotation();
  readonly #offered = new Set<OfferedService>();
  readonly #observer: PlaceObserver;
  readonly heir: string | undefined;
  /** Whether the service is offered before it is there: what is claimed so need not be recorded once more. */
  #isExpected: boolean;
  /** Whether its service is on its way to another member. */
  #isLeft = false;
  /** Resolves with why the name is not this broker's, if it is not. */
  readonly claimed: Promise<ClaimRefusal | undefined>;
  #claim: Claim<'name'> | undefined;

  /** @param heir - see {@link NameRecord} */
  constructor(
    { heir, whereabouts }: { heir: string | undefined; whereabouts: Whereabouts },
    claim: MakeClaim,
    observer: PlaceObserver,
  ) {
    this.heir = heir;
    this.#observer = observer;
    this.#isExpected = whereabouts === 'here';
    this.claimed = this.#make(claim);
  }

  /** Of the claim; undefined until that is made. */
  get generation(): number | undefined {
    return this.#claim?.generation;
  }

  /** Whether clients are served here, or sent away from here. If not, they wait. */
  get isSettled(): boolean {
    return this.#claim !== undefined && !this.#isExpected && !this.#isLeft;
  }

  /** Whether the claim was left to an heir. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Who serves it here, in turn. */
  get services(): NamedService {
    return this.#services;
  }

  add(service: OfferedService): void {
    this.#services.add(service);
    this.#offered.add(service);
  }

  delete(service: OfferedService): void {
    this.#services.delete(service);
    this.#offered.delete(service);
  }

  /** A service is here that may have been expected, or whether it is offered has changed, which the other members are told. */
  update(): void {
    this.#isExpected = false;
    this.#claim?.update(this.#record);
    if (this.isSettled) this.#observer.settled();
  }

  /** From now on clients wait until another member has the name. Resolves when that may take it. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    this.#claim?.update(this.#record);
    await this.#claim?.recorded();
  }

  /** Gives the name back, unless it was left to an heir. */
  async release(): Promise<void> {
    await this.claimed;
    if (!this.isLeft) await this.#claim?.release();
  }

  async #make(claim: MakeClaim): Promise<ClaimRefusal | undefined> {
    const made = await claim(this.#record);
    if ('refused' in made) return made;
    this.#claim = made;
    void made.lost.then((by) => {
      if (!this.isLeft) this.#observer.lost(by);
    });
    made.update(this.#record);
    if (this.isSettled) this.#observer.settled();
    return undefined;
  }

  get #isOffered(): boolean {
    return [...this.#offered].some(({ isOffered }) => isOffered);
  }

  get #record(): NameRecord {
    const present = this.#isOffered || this.#isExpected ? 'open' : 'away';
    const offer = this.#isLeft ? 'moving' : present;
    return { offer, ...(this.heir !== undefined && { heir: this.heir }) };
  }
}
