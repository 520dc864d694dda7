import type { RelayError } from '../errors.ts';

/** An entry was not written, or nobody can tell whether it was. */
export class StoreAway extends Error {
  override name = 'StoreAway';
}

/** Told what is in a store. Called synchronously; must not throw. */
export interface StoreObserver {
  /**
   * From here on all entries are told anew, until {@link StoreObserver.complete}: those that are not are not there.
   *
   * @param isAnother - whether what was there is lost, and revisions begin anew
   */
  begins(isAnother: boolean): void;
  /** An entry as it is, or that it is deleted: in order of revisions. What this store wrote itself is told as well. */
  changed(key: string, value: string | undefined, revision: number): void;
  /** Everything is told, and changes follow as they happen. */
  complete(): void;
  /** Nothing is heard of it. When that is over, {@link StoreObserver.begins} follows. */
  away(): void;
}

/**
 * Where a fleet keeps what all members have to agree on: texts by key, each with the revision of its last
 * change. Revisions grow through all keys. Every change says which revision it follows, so of two
 * members that change the same at once, one does.
 */
export interface Store {
  /** What an operator was told last of why it does not do what is asked of it. */
  readonly trouble: RelayError | undefined;
  /**
   * Writes an entry whose last revision is still `after`; 0 where there is to be none. Resolves with the new
   * revision, or undefined where the entry has changed since.
   *
   * @throws StoreAway within seconds; it may be written all the same, also later
   */
  write(key: string, value: string, after: number): Promise<number | undefined>;
  /** Deletes an entry in the same way. Resolves with whether it did. */
  remove(key: string, after: number): Promise<boolean>;
  /** To be called once. */
  watch(observer: StoreObserver): void;
  /** Forgets deletions that everybody has been told of. Whoever of those who share it is to do that, now and then. */
  tidy(): Promise<void>;
  /** Nothing is told from now on. */
  close(): Promise<void>;
}
