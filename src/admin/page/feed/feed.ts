import { ask, Refused, TokenNeeded } from './api.ts';
import { eventsIn } from './event-stream.ts';
import type { Connections, Snapshot } from './wire.ts';

export interface FeedObserver {
  snapshot(snapshot: Snapshot): void;
  connections(connections: Connections): void;
  /** The broker is not there. It is asked again until it is. */
  lost(reason: string): void;
  /** The broker takes no token, or another one. Nothing is asked for until {@link Feed.retry}. */
  locked(): void;
}

/** The broker says something every second: so many milliseconds of silence are a broken connection. */
const SILENCE = 10_000;

/** Milliseconds between two attempts. */
const PAUSE = 1000;

/** Follows the broker's event stream, again and again. */
export class Feed {
  readonly #observer: FeedObserver;
  #watched: readonly number[] = [];
  #stream = new AbortController();
  #unlock = () => {};

  constructor(observer: FeedObserver) {
    this.#observer = observer;
  }

  async run(): Promise<never> {
    for (;;) {
      this.#stream = new AbortController();
      try {
        await this.#follow(this.#stream);
        this.#observer.lost('The broker has ended the connection.');
      } catch (error) {
        if (this.#stream.signal.reason === RENEWED) continue;
        if (error instanceof TokenNeeded) {
          await this.#unlocked();
          continue;
        }
        this.#observer.lost(error instanceof Refused ? error.message : 'It does not answer.');
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** There is a token now. */
  retry(): void {
    this.#unlock();
  }

  /** Asks for the connections of these registrations, too. */
  watch(registrations: Iterable<number>): void {
    const before = this.#watched.join();
    this.#watched = [...registrations];
    if (this.#watched.join() !== before) this.#stream.abort(RENEWED);
  }

  #unlocked(): Promise<void> {
    return new Promise((resolve) => {
      this.#unlock = resolve;
      this.#observer.locked();
    });
  }

  async #follow(stream: AbortController): Promise<void> {
    const fallSilent = () => stream.abort();
    let timer = setTimeout(fallSilent, SILENCE);
    try {
      const query = this.#watched.length > 0 ? `?connections=${this.#watched.join(',')}` : '';
      const { body } = await ask('GET', `events${query}`, { signal: stream.signal });
      if (body === null) return;
      for await (const { name, data } of eventsIn(body)) {
        clearTimeout(timer);
        timer = setTimeout(fallSilent, SILENCE);
        if (name === 'snapshot') this.#observer.snapshot(JSON.parse(data) as Snapshot);
        if (name === 'connections') this.#observer.connections(JSON.parse(data) as Connections);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Why a stream was given up for one that tells more. */
const RENEWED = new Error('renewed');
