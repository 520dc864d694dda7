import type { Ear } from '../../switchboard/wires.ts';
import {
  AGAIN,
  failureOf,
  hasFailed,
  hasHungUp,
  isReadable,
  isUrgent,
  NO_EVENTS,
  type Readiness,
  receive,
} from '../system-calls.ts';
import type { Loop, Source } from './loop.ts';

/** Read into and heard from within one call. A first line comes in one piece, nearly always. */
const scratch = new Uint8Array(1024);

/** A connection that is not joined yet: nobody watches it, or somebody listens. */
export class Connection implements Source {
  readonly descriptor: number;
  #ear: Ear | undefined;
  #seen: Readiness | undefined;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** What was reported of it that nobody has acted on; undefined while nobody watches it. */
  get seen(): Readiness | undefined {
    return this.#seen;
  }

  /** False when the kernel has no memory to watch it. */
  listen(loop: Loop, ear: Ear): boolean {
    if (!loop.watch(this.descriptor, this)) return false;
    this.#ear = ear;
    this.#seen = NO_EVENTS;
    ear.ready();
    return true;
  }

  /** Nothing is read any more. */
  leave(): void {
    this.#ear = undefined;
  }

  ready(events: Readiness): void {
    this.#seen = ((this.#seen ?? NO_EVENTS) | events) as Readiness;
    if (hasFailed(events) && failureOf(this.descriptor) !== 0) this.#ear?.gone();
    else if (isReadable(events)) this.#read();
  }

  #read(): void {
    while (this.#ear !== undefined) {
      const count = receive(this.descriptor, scratch);
      if (count === AGAIN) return;
      if (count <= 0) {
        this.#ear.gone();
        return;
      }
      const isDrained = count < scratch.length && this.#saysWhenThereIsMore;
      if (isDrained) this.#seen = NO_EVENTS;
      this.#ear.heard(scratch.subarray(0, count));
      if (isDrained) return;
    }
  }

  /** A short read means that the socket is drained, but see {@link Flow}. */
  get #saysWhenThereIsMore(): boolean {
    const seen = this.#seen ?? NO_EVENTS;
    return !hasHungUp(seen) && !isUrgent(seen);
  }
}
