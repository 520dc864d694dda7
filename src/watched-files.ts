import type { RelayError } from './errors.ts';

/**
 * Milliseconds between two looks. fs.watch would tell at once, but neither on network file systems
 * nor once another file has taken the place of this one. And what is read anew is compared, not its
 * date, since a file may change twice within one tick of its file system's clock.
 */
const INTERVAL = 500;

/** And until the look that confirms a change: who empties a file and then writes it is not to be taken at half his word. */
const SETTLE = 200;

/** Looks in a row at the same fault until it is told: the files of one change are often written one after the other. */
const PATIENCE = 6;

/** Some files and what they mean together. Both functions throw a RelayError, with the same message as long as the fault is the same. */
export interface FileSource<T> {
  read(): Promise<Buffer[]>;
  parse(contents: Buffer[]): T;
}

export interface FileObserver<T> {
  changed(now: T, before: T): void;
  /** The files cannot be used as they are now; what they said before goes on. Told once for each fault. */
  failed(error: RelayError): void;
}

/** The meaning of some files, kept up to date. */
export class WatchedFiles<T> {
  readonly #source: FileSource<T>;
  readonly #observer: FileObserver<T>;
  #contents: Buffer[];
  #value: T;
  /** What was there at the last look, if that was new. */
  #unconfirmed: Buffer[] | undefined;
  #fault: { message: string; looks: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Looks come one behind the other. */
  #looking = Promise.resolve(true);
  #closed = false;

  private constructor(source: FileSource<T>, observer: FileObserver<T>, contents: Buffer[]) {
    this.#source = source;
    this.#observer = observer;
    this.#contents = contents;
    this.#value = source.parse(contents);
    this.#schedule();
  }

  /** Reads the files, and again whenever they change. Rejects with the error of its source. */
  static async open<T>(source: FileSource<T>, observer: FileObserver<T>): Promise<WatchedFiles<T>> {
    return new WatchedFiles(source, observer, await source.read());
  }

  get value(): T {
    return this.#value;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Looks now. A change or a fault is told at once, and a fault again if it was told before. Resolves with whether there is none. */
  look(): Promise<boolean> {
    return this.#lookNext(true);
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(
      () => void this.#lookNext(false).then(() => this.#schedule()),
      this.#unconfirmed === undefined ? INTERVAL : SETTLE,
    );
  }

  #lookNext(isAsked: boolean): Promise<boolean> {
    this.#looking = this.#looking.then(() => this.#look(isAsked));
    return this.#looking;
  }

  async #look(isAsked: boolean): Promise<boolean> {
    const outcome = await this.#readAnew().catch((error: RelayError) => ({ error }));
    if (this.#closed) return false;
    if ('error' in outcome) this.#complain(outcome.error, isAsked);
    else if (isAsked || this.#isConfirmed(outcome.contents)) {
      this.#take(outcome.contents, outcome.value);
    }
    return !('error' in outcome);
  }

  async #readAnew(): Promise<{ contents: Buffer[]; value: T }> {
    const contents = await this.#source.read();
    const same = areSame(contents, this.#contents);
    return { contents, value: same ? this.#value : this.#source.parse(contents) };
  }

  /** Whether it is what was there at the look before. */
  #isConfirmed(contents: Buffer[]): boolean {
    const before = this.#unconfirmed ?? this.#contents;
    this.#unconfirmed = contents;
    return areSame(contents, before);
  }

  #take(contents: Buffer[], value: T): void {
    this.#fault = undefined;
    this.#unconfirmed = undefined;
    this.#contents = contents;
    const before = this.#value;
    if (value === before) return;
    this.#value = value;
    this.#observer.changed(value, before);
  }

  #complain(error: RelayError, isAsked: boolean): void {
    this.#unconfirmed = undefined;
    const before = this.#fault?.message === error.message ? this.#fault.looks : 0;
    const looks = isAsked ? PATIENCE : before + 1;
    this.#fault = { message: error.message, looks };
    if (looks === PATIENCE) this.#observer.failed(error);
  }
}

function areSame(some: Buffer[], others: Buffer[]): boolean {
  return some.every((each, n) => others[n]?.equals(each));
}
