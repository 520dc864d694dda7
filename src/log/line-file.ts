import { writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Characters that may wait to be written: some 10,000 connections. What comes when there are as many is lost. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Milliseconds for which lines gather, to share a write: a write for each would cost more than all else about them. */
const GATHERED = 100;

/** Its owner and group may read it. */
const MODE = 0o640;

const LINE_FEED = 10;

/** Told when lines are lost. */
export interface LineFileObserver {
  /** So many more are lost: the disk is too slow, or did not take them for this reason. */
  lost(count: number, reason: unknown): void;
  /** All is written that can be. */
  closed(): void;
  /** It could not be opened again, and stays the file that it was. */
  notReopened(reason: unknown): void;
}

/**
 * A file that lines are appended to. Nobody waits for the disk: lines gather while
 * others are being written, and are lost when they become too many.
 */
export class LineFile {
  readonly #path: string;
  readonly #observer: LineFileObserver;
  #handle: FileHandle;
  #lines: string[] = [];
  #size = 0;
  #working: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #isToReopen = false;
  /** Whether the file ends within a line, of which the disk took no more. */
  #isTorn = false;

  private constructor(path: string, observer: LineFileObserver, handle: FileHandle) {
    this.#path = path;
    this.#observer = observer;
    this.#handle = handle;
  }

  /** Rejects with the system's error. */
  static async open(path: string, observer: LineFileObserver): Promise<LineFile> {
    return new LineFile(path, observer, await open(path, 'a', MODE));
  }

  /** @param line - without its end */
  append(line: string): void {
    if (this.#size + line.length > MOST_WAITING) {
      this.#observer.lost(1, new Error('it takes them too slowly'));
      return;
    }
    this.#lines.push(`${line}\n`);
    this.#size += line.length;
    void this.#work();
  }

  /** Goes on in a new file of that name: whoever rotates logs has moved this one away. */
  reopen(): void {
    this.#isToReopen = true;
    void this.#work();
  }

  /** Resolves when all is written. To be called when nothing more comes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work();
    await this.#handle.close();
    this.#observer.closed();
  }

  /** For a process that ends at once. */
  flush(): void {
    const lines = this.#take();
    // After close() there is no file, either.
    if (lines.length === 0) return;
    try {
      writeSync(this.#handle.fd, lines.join(''));
    } catch (error) {
      this.#observer.lost(lines.length, error);
    }
  }

  #work(): Promise<void> {
    this.#working ??= this.#writeAll();
    return this.#working;
  }

  async #writeAll(): Promise<void> {
    await delay(GATHERED, undefined, { signal: this.#closing.signal }).catch(() => {});
    while (this.#lines.length > 0 || this.#isToReopen) {
      if (this.#isToReopen) await this.#reopen();
      await this.#write(this.#take());
    }
    this.#working = undefined;
  }

  async #reopen(): Promise<void> {
    this.#isToReopen = false;
    const old = this.#handle;
    try {
      this.#handle = await open(this.#path, 'a', MODE);
    } catch (error) {
      this.#observer.notReopened(error);
      return;
    }
    this.#isTorn = false;
    await old.close().catch(() => {});
  }

  async #write(lines: string[]): Promise<void> {
    if (lines.length === 0) return;
    const start = this.#isTorn ? '\n' : '';
    const bytes = Buffer.from(start + lines.join(''));
    let done = 0;
    try {
      while (done < bytes.length) {
        done += (await this.#handle.write(bytes, done)).bytesWritten;
      }
      this.#isTorn = false;
    } catch (error) {
      const whole = bytes.subarray(start.length, done).filter((byte) => byte === LINE_FEED).length;
      if (done > 0) this.#isTorn = bytes[done - 1] !== LINE_FEED;
      this.#observer.lost(lines.length - whole, error);
    }
  }

  #take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#size = 0;
    return lines;
  }
}
