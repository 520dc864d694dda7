import type { RelayError } from '../../errors.ts';

/**
 * Milliseconds between two looks. fs.watch would tell at once, but neither on network file systems
 * nor once another file has taken the place of this one. And what is read anew is compared, not its
 * date, since a file may change twice within one tick of its file system's clock.
 */
const INTERVAL = 500;

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
  #fault: { message: string; looks: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
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

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#look(), INTERVAL);
  }

  async #look(): Promise<void> {
    const outcome = await this.#readAnew().catch((error: RelayError) => ({ error }));
    if (this.#closed) return;
    if ('error' in outcome) this.#complain(outcome.error);
    else this.#take(outcome.contents, outcome.value);
    this.#schedule();
  }

  async #readAnew(): Promise<{ contents: Buffer[]; value: T }> {
    const contents = await this.#source.read();
    const same = contents.every((content, n) => this.#contents[n]?.equals(content));
    return { contents, value: same ? this.#value : this.#source.parse(contents) };
  }

  #take(contents: Buffer[], value: T): void {
    this.#fault = undefined;
    this.#contents = contents;
    const before = this.#value;
    if (value === before) return;
    this.#value = value;
    this.#observer.changed(value, before);
  }

  #complain(error: RelayError): void {
    const looks = this.#fault?.message === error.message ? this.#fault.looks + 1 : 1;
    this.#fault = { message: error.message, looks };
    if (looks === PATIENCE) this.#observer.failed(error);
  }
}
