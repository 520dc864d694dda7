import type { DataPlaneWarning } from '../../data-plane.ts';
import type { SharedCell } from '../../descriptor-budget.ts';
import { HANDLED, type LoopEvent } from '../messages.ts';
import type { Loop, Task, Timed } from './loop.ts';

/** Milliseconds that news may wait for more to share a message with: waking the main thread costs more than they do. */
const PATIENCE = 10;

/** Events in one message. */
const FULL = 512;

/** Milliseconds between two warnings of the same kind. */
const WARNING_INTERVAL = 1000;

/** Events that the main thread may not have got round to before no more clients are let in. */
const MOST_UNHANDLED = 16 * 1024;

/** What a thread has to tell the main one: some of it at once, the rest when it suits. */
export class Outbox implements Timed, Task {
  readonly #loop: Loop;
  readonly #post: (events: LoopEvent[]) => void;
  readonly #state: SharedCell;
  readonly #warned = new Map<DataPlaneWarning, number>();
  #events: LoopEvent[] = [];
  #posted = 0;

  constructor(loop: Loop, state: SharedCell, post: (events: LoopEvent[]) => void) {
    this.#loop = loop;
    this.#state = state;
    this.#post = post;
    loop.addTimed(this);
  }

  /** Goes out at the end of this turn, behind all that waits. */
  tell(event: LoopEvent): void {
    this.#events.push(event);
    this.#loop.atEndOfTurn(this);
  }

  /** Goes out within {@link PATIENCE}. */
  mention(event: LoopEvent): void {
    this.#events.push(event);
    if (this.#events.length === 1) this.#loop.tickAt(this.#loop.now + PATIENCE);
    if (this.#events.length === FULL) this.#loop.atEndOfTurn(this);
  }

  /** Goes out like what is mentioned, but not every time. */
  warn(warning: DataPlaneWarning): void {
    const { now } = this.#loop;
    if (now - (this.#warned.get(warning) ?? Number.NEGATIVE_INFINITY) < WARNING_INTERVAL) return;
    this.#warned.set(warning, now);
    this.mention(['warning', undefined, warning]);
  }

  /** Whether the main thread cannot keep up. Both counts wrap around at 32 bits. */
  get isBacklogged(): boolean {
    return ((this.#posted - Atomics.load(this.#state, HANDLED)) | 0) > MOST_UNHANDLED;
  }

  tick(): number {
    this.proceed();
    return Number.POSITIVE_INFINITY;
  }

  /** Sends all there is. */
  proceed(): void {
    if (this.#events.length === 0) return;
    this.#posted = (this.#posted + this.#events.length) | 0;
    this.#post(this.#events);
    this.#events = [];
  }
}
