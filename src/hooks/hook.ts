import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HookEvent } from './hook-event.ts';

/** Events that may wait for a slow hook. */
const MOST_WAITING = 1024;

/** Of these, the ones of clients: strangers make as many as they like, which is not to cost one of a registration. */
const MOST_OF_CLIENTS = 768;

/** Milliseconds that one event may take. */
const TIME_LIMIT = 5_000;

/** Milliseconds that those still waiting get when the broker has closed. */
const LAST_ONES = 5_000;

/** Whoever brings an event to the hook. Rejects with the reason when that fails, and when it is given up. */
export type Deliver = (event: HookEvent, signal: AbortSignal) => Promise<void>;

/** Told when an event did not get to the hook. */
export interface HookObserver {
  /** It did not take the event. */
  failed(event: HookEvent, reason: unknown): void;
  /** Too many waited already, or the time to tell them was over. */
  dropped(event: HookEvent): void;
  /** Nothing more comes. */
  closed(): void;
}

/** Live figures of a hook. */
export interface HookCounters {
  waiting: number;
  delivered: number;
  failed: number;
  dropped: number;
}

/** Events on their way to whoever is to be told: one at a time, in order, without anybody waiting for it. */
export class Hook {
  readonly #deliver: Deliver;
  readonly #observer: HookObserver;
  readonly #counters = { delivered: 0, failed: 0, dropped: 0 };
  #waiting: HookEvent[] = [];
  #working: Promise<void> | undefined;
  #giveUp = () => {};
  #isOver = false;

  constructor(deliver: Deliver, observer: HookObserver) {
    this.#deliver = deliver;
    this.#observer = observer;
  }

  get counters(): HookCounters {
    return { waiting: this.#waiting.length, ...this.#counters };
  }

  tell(event: HookEvent): void {
    const most = event.event.startsWith('client-') ? MOST_OF_CLIENTS : MOST_WAITING;
    if (this.#isOver || this.#waiting.length >= most) {
      this.#drop(event);
      return;
    }
    this.#waiting.push(event);
    this.#working ??= this.#work();
  }

  /** Resolves when all is told, or the time for that is over. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#abandon(), LAST_ONES);
    await this.#working;
    clearTimeout(timer);
    this.#observer.closed();
  }

  #abandon(): void {
    this.#isOver = true;
    for (const event of this.#waiting.splice(0)) this.#drop(event);
    this.#giveUp();
  }

  #drop(event: HookEvent): void {
    this.#counters.dropped += 1;
    this.#observer.dropped(event);
  }

  async #work(): Promise<void> {
    // Whoever reports has other things to do first.
    await nextTurn();
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      await this.#bring(event);
    }
    this.#working = undefined;
  }

  async #bring(event: HookEvent): Promise<void> {
    const giving = new AbortController();
    this.#giveUp = () => giving.abort(new Error('the broker has ended'));
    const timer = setTimeout(() => giving.abort(new Error('no answer in time')), TIME_LIMIT);
    try {
      await this.#deliver(event, giving.signal);
      this.#counters.delivered += 1;
    } catch (error) {
      this.#counters.failed += 1;
      this.#observer.failed(event, giving.signal.aborted ? giving.signal.reason : error);
    } finally {
      clearTimeout(timer);
    }
  }
}
