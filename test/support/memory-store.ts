import { type Store, StoreAway, type StoreObserver } from '#src/directory/store.ts';

interface Entry {
  value: string;
  revision: number;
}

/** A store in this process, which the members of a test's fleet have in common. */
export class MemoryStore {
  #entries = new Map<string, Entry>();
  #revision = 0;
  #losses = 0;
  readonly #opened = new Set<OpenedMemoryStore>();

  /** The way of one member to it. */
  open(): OpenedMemoryStore {
    const store = new OpenedMemoryStore(this);
    this.#opened.add(store);
    return store;
  }

  /** Loses everything. */
  wipe(): void {
    this.#entries.clear();
    this.#revision = 0;
    this.#losses += 1;
    for (const store of this.#opened) store.wiped();
  }

  /** How often everything was lost. */
  get losses(): number {
    return this.#losses;
  }

  get entries(): ReadonlyMap<string, Readonly<Entry>> {
    return this.#entries;
  }

  /** As members do, or as somebody does who is none. Undefined where that is not the last revision. */
  change(key: string, value: string | undefined, after: number): number | undefined {
    if ((this.#entries.get(key)?.revision ?? 0) !== after) return undefined;
    this.#revision += 1;
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, { value, revision: this.#revision });
    for (const store of this.#opened) store.changed(key, value, this.#revision);
    return this.#revision;
  }
}

/** A member's way to a {@link MemoryStore}, which can be had to fail. */
export class OpenedMemoryStore implements Store {
  /** Milliseconds until an answer or a change comes. */
  delay = 0;
  /** How many of the next writes are done without an answer. */
  lostAnswers = 0;
  /** Whether writes are neither done nor answered, while changes are told of: as when no leader is elected. */
  isStalled = false;
  readonly trouble = undefined;
  readonly #memory: MemoryStore;
  #observer: StoreObserver | undefined;
  #isAway = false;
  #losses: number;
  /** What is told later, in order. */
  readonly #news: (() => void)[] = [];

  constructor(memory: MemoryStore) {
    this.#memory = memory;
    this.#losses = memory.losses;
  }

  /** From now on nothing comes through, either way. */
  goAway(): void {
    this.#isAway = true;
    this.#news.length = 0;
    this.#observer?.away();
  }

  comeBack(): void {
    this.#isAway = false;
    this.#tellAll();
  }

  async write(key: string, value: string, after: number): Promise<number | undefined> {
    return this.#change(key, value, after);
  }

  async remove(key: string, after: number): Promise<boolean> {
    return (await this.#change(key, undefined, after)) !== undefined;
  }

  watch(observer: StoreObserver): void {
    this.#observer = observer;
    if (!this.#isAway) this.#tellAll();
  }

  tidy(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.goAway();
    this.#observer = undefined;
    return Promise.resolve();
  }

  changed(key: string, value: string | undefined, revision: number): void {
    if (!this.#isAway) this.#tell((observer) => observer.changed(key, value, revision));
  }

  wiped(): void {
    if (!this.#isAway) this.#tellAll();
  }

  async #change(key: string, value: string | undefined, after: number) {
    if (this.#isAway || this.isStalled) throw new StoreAway('The store is away.');
    const revision = this.#memory.change(key, value, after);
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    if (this.lostAnswers > 0) {
      this.lostAnswers -= 1;
      throw new StoreAway('The answer is lost.');
    }
    return revision;
  }

  #tellAll(): void {
    const isAnother = this.#memory.losses !== this.#losses;
    this.#losses = this.#memory.losses;
    this.#tell((observer) => observer.begins(isAnother));
    for (const [key, { value, revision }] of this.#memory.entries) {
      this.changed(key, value, revision);
    }
    this.#tell((observer) => observer.complete());
  }

  #tell(news: (observer: StoreObserver) => void): void {
    this.#news.push(() => this.#observer && news(this.#observer));
    setTimeout(() => this.#news.shift()?.(), this.delay);
  }
}
