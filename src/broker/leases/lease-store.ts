import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import writeFileAtomic from 'write-file-atomic';
import { RelayError, reasonOf } from '../../errors.ts';
import { formatLeases, type Lease, parseLeases } from './lease-file.ts';
import { StateLock } from './state-lock.ts';

/** How often the lock is asked for that another process is about to let go of, and milliseconds in between. */
const LOCK_TRIES = 100;
const LOCK_PAUSE = 50;

/** Who may read it: nobody else has to know of tokens and ports. */
const MODE = 0o600;

/**
 * The leases of a broker, in a file if it has one. Changes that come while the file is
 * being written are written together, after that.
 */
export class LeaseStore {
  readonly #file: string | undefined;
  #lock: StateLock | undefined;
  readonly #onFailure: (error: RelayError) => void;
  readonly #leases = new Map<string, Lease>();
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #isLent = false;
  #isClosed = false;

  private constructor(
    file: string | undefined,
    lock: StateLock | undefined,
    leases: Lease[],
    onFailure: (error: RelayError) => void,
  ) {
    this.#file = file;
    this.#lock = lock;
    this.#onFailure = onFailure;
    for (const lease of leases) this.#leases.set(lease.keyHash, lease);
  }

  /**
   * @param file - where leases are kept; without one they end with the process.
   * @param onFailure - told when the file cannot be written, which is tried anew with the next change.
   * @param given - in place of those in the file
   * @throws RelayError `E_STATE` when the file is another broker's, or not one of leases.
   */
  static async open(
    file: string | undefined,
    onFailure: (error: RelayError) => void,
    given?: Lease[],
  ): Promise<LeaseStore> {
    if (file === undefined) return new LeaseStore(undefined, undefined, given ?? [], onFailure);
    const lock = await takeLock(file);
    try {
      const leases = given ?? (await read(file));
      await write(file, leases);
      return new LeaseStore(file, lock, leases, onFailure);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** As they were found in the file, and as they changed since. */
  all(): Lease[] {
    return [...this.#leases.values()];
  }

  /** Adds or replaces one. Resolves when that is on disk, or cannot be brought there. */
  async keep(lease: Lease): Promise<void> {
    if (this.#isClosed) return;
    this.#leases.set(lease.keyHash, lease);
    await this.#write();
  }

  drop(keyHash: string): void {
    if (!this.#isClosed && this.#leases.delete(keyHash)) void this.#write();
  }

  /** Leaves the file to another process, with what there is now. Later changes are remembered, and written if it is taken back. */
  async lend(): Promise<void> {
    this.#isLent = true;
    await this.#next;
    await this.#writing;
    this.#lock?.release();
  }

  /** Tries until the other process has let go of it, or some seconds are over. */
  async takeBack(): Promise<void> {
    if (!this.#isLent) return;
    try {
      if (this.#file !== undefined) this.#lock = await takeLockInTime(this.#file);
      this.#isLent = false;
      if (!this.#isClosed) await this.#write();
      else this.#lock?.release();
    } catch (error) {
      this.#onFailure(error as RelayError);
    }
  }

  /** Leaves the file as it is now, to the next broker. Later changes are nobody's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isLent) return;
    await this.#next;
    await this.#writing;
    this.#lock?.release();
  }

  #write(): Promise<void> {
    if (this.#file === undefined || this.#isLent) return Promise.resolve();
    const file = this.#file;
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      this.#writing = write(file, this.all()).catch(this.#onFailure);
      return this.#writing;
    });
    return this.#next;
  }
}

/** Rejects with a RelayError `E_STATE`. */
async function write(file: string, leases: Lease[]): Promise<void> {
  try {
    await writeFileAtomic(file, formatLeases(leases), { mode: MODE });
  } catch (cause) {
    throw new RelayError('E_STATE', `Cannot write the state file ${file}: ${reasonOf(cause)}.`, {
      cause,
    });
  }
}

async function takeLock(file: string): Promise<StateLock> {
  try {
    return await StateLock.take(file);
  } catch (cause) {
    throw new RelayError(
      'E_STATE',
      `Another broker uses the state file ${file}. Give each broker a file of its own, or end the other one.`,
      { cause },
    );
  }
}

/** Whoever has it is about to let go of it. */
async function takeLockInTime(file: string): Promise<StateLock> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await takeLock(file);
    } catch (error) {
      if (tries === LOCK_TRIES) throw error;
      await delay(LOCK_PAUSE);
    }
  }
}

async function read(file: string): Promise<Lease[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new RelayError('E_STATE', `Cannot read the state file ${file}: ${reasonOf(cause)}.`, {
      cause,
    });
  }
  const leases = parseLeases(text);
  if (leases !== undefined) return leases;
  throw new RelayError(
    'E_STATE',
    `The state file ${file} holds no leases of this version. If it is a broker's, move it away: its leases are lost, and agents register anew. If not, name another file.`,
  );
}
