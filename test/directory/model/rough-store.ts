import { type Store, StoreAway, type StoreObserver } from '#src/directory/store.ts';
import type { MemoryStore, OpenedMemoryStore } from '../../support/memory-store.ts';

/** Milliseconds after which an answer is not waited for any more. */
const PATIENCE = 2000;

/** A member's way to a store on which requests and answers take their time, get lost, or arrive when nobody waits any more. */
export class RoughStore implements Store {
  readonly trouble = undefined;
  readonly #memory: MemoryStore;
  readonly #opened: OpenedMemoryStore;
  readonly #chance: () => number;
  #cuts = 0;
  #slowBy = 0;
  #isClosed = false;

  constructor(memory: MemoryStore, chance: () => number) {
    this.#memory = memory;
    this.#opened = memory.open();
    this.#chance = chance;
  }

  /** Nothing gets through for so many milliseconds; some of what is sent by then, later. */
  cutOff(lasts: number): void {
    this.#cuts += 1;
    this.#opened.goAway();
    setTimeout(() => {
      this.#cuts -= 1;
      if (this.#cuts === 0 && !this.#isClosed) this.#opened.comeBack();
    }, lasts);
  }

  /** What is sent in the next half second arrives so many milliseconds late. */
  slow(by: number): void {
    this.#slowBy = by;
    setTimeout(() => {
      this.#slowBy = 0;
    }, 500);
  }

  write(key: string, value: string, after: number): Promise<number | undefined> {
    return this.#send(() => this.#memory.change(key, value, after));
  }

  async remove(key: string, after: number): Promise<boolean> {
    return (await this.#send(() => this.#memory.change(key, undefined, after))) !== undefined;
  }

  watch(observer: StoreObserver): void {
    this.#opened.watch(observer);
  }

  tidy(): Promise<void> {
    return this.#opened.tidy();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#opened.close();
  }

  #send(change: () => number | undefined): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new StoreAway('No answer.')), PATIENCE);
      if (this.#cuts > 0 && this.#chance() < 0.5) return;
      const late = this.#cuts > 0 ? 3000 * this.#chance() : this.#slowBy;
      setTimeout(() => {
        const revision = change();
        if (this.#cuts === 0 && this.#chance() > 0.02) {
          setTimeout(() => resolve(revision), this.#latency());
        }
      }, late + this.#latency());
    });
  }

  #latency(): number {
    return this.#chance() < 0.9 ? 5 * this.#chance() : 400 * this.#chance();
  }
}
