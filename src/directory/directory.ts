import type { Member, MemberNews } from './member.ts';
import type { Kind, Records } from './records.ts';

/** A claim as every member sees it. */
export interface Standing<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
  readonly record: Records[K];
  /** Grows with each claim of this id, whoever makes it: of two, the one with the larger generation came later. */
  readonly generation: number;
  /** Who has it, or had it last. */
  readonly member: Member;
}

/** Why a claim is not made. `taken`: it is another's. `unreachable`: nobody can tell at the moment. `closed`: this member has left. */
export type ClaimRefusal =
  | { refused: 'taken'; by: Standing }
  | { refused: 'unreachable' | 'closed' };

/** Something that is this member's own, until it is released or lost. */
export interface Claim<K extends Kind = Kind> {
  readonly id: string;
  readonly generation: number;
  readonly record: Records[K];
  /**
   * Records something else with it; what is recorded already is not written again. The last record counts, and is written when that can be done: a directory
   * that is out of reach does not make it fail.
   */
  update(record: Records[K]): void;
  /** Resolves when all that was recorded so far is known to the directory; rejects with `E_DIRECTORY` when it is lost before. */
  recorded(): Promise<void>;
  /** Gives it back. Resolves when others may have it, or cannot be told. */
  release(): Promise<void>;
  /** Resolves when another member has it, which this one did not give it to; never after {@link Claim.release}. */
  readonly lost: Promise<Standing<K> | undefined>;
}

/** Told what happens in a directory. Called synchronously; must not throw. */
export interface DirectoryObserver {
  /** What is known of an id is not what it was. */
  changed?(kind: Kind, id: string): void;
  /** What is known of a member is not what it was; also of this one. */
  memberChanged?(member: Member): void;
  /** Whether new claims can be made has changed, see {@link Directory.isReachable}. */
  reachable?(isReachable: boolean): void;
  /**
   * Whether what this member has is its own has changed, see {@link Directory.holds}. Told late, by a timer: whoever is
   * about to serve a client is to ask.
   */
  tenure?(holds: boolean): void;
}

/**
 * Who has which name and which lease: in one broker, or in all those of a fleet. What is asked is
 * answered from a copy of this process; only claims go to wherever the truth is kept.
 *
 * At no instant do two members hold the same id, see docs/fleet.md, "Who owns a name".
 */
export interface Directory {
  /** This broker. */
  readonly self: Member;
  /**
   * Whether what this member has claimed is its own at this very moment, by its own clock. To be asked before
   * each client that is served by name.
   */
  readonly holds: boolean;
  /** Whether new claims can be made. */
  readonly isReachable: boolean;
  /**
   * Claims an id that nobody has, or that the one who had it left to `heir`, or whose time is over. Waits
   * while it is not known whether the member that has it is gone.
   *
   * @param heir - who may take a name from a member that is gone or lets it move, see {@link nameRecord}. Whoever
   *   knows of a lease is its heir.
   * @throws nothing but what is a mistake of this program
   */
  claim<K extends Kind>(
    kind: K,
    id: string,
    record: Records[K],
    heir?: string,
  ): Promise<Claim<K> | ClaimRefusal>;
  /** Undefined where nobody has it, or its time is over. */
  find<K extends Kind>(kind: K, id: string): Standing<K> | undefined;
  /** All of a kind that {@link Directory.find} finds. */
  all<K extends Kind>(kind: K): Iterable<Standing<K>>;
  /** Leases of a token, those of this member included. */
  leasesOf(token: string): number;
  /**
   * Whether a lease that this member has claimed, by its generation, is among the first so many of its token. Resolves when what others
   * claimed before it is known, so of all who claim at once, no more than that are; or when that cannot be told.
   */
  isWithin(most: number, token: string, generation: number): Promise<boolean>;
  /** Those that are here or were of late; this one first. */
  members(): Member[];
  /** What the others are told of this member. */
  tell(news: MemberNews): void;
  /** From now on; the answer ends that. */
  watch(observer: DirectoryObserver): () => void;
  /** Leaves: what it still has can be taken by heirs at once. Resolves when others know, or cannot be told. */
  leave(): Promise<void>;
}
