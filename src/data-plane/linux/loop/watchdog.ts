import { isRoomy } from '../system-calls.ts';
import type { Loop, Timed } from './loop.ts';

/** Milliseconds without a byte taken before a look, and between two looks. */
const INTERVAL = 1000;

/** A flow whose receiver may be blocked. */
export interface Nudgeable {
  /** The descriptor that it writes to. */
  readonly to: number;
  /** How often an event said that there is room to write. */
  readonly wakes: number;
  /** Tries to write although no event said so, and tells whether that did anything. */
  nudge(): boolean;
}

/**
 * Looks after flows whose receiver takes nothing: an edge-triggered event that
 * never comes would stall a connection for good, so where there is room and no
 * event has said so, a flow is nudged.
 */
export class Watchdog implements Timed {
  readonly #loop: Loop;
  readonly #onStall: () => void;
  /** Since when. */
  readonly #blocked = new Map<Nudgeable, number>();
  /** Flows that a nudge moved, and how many events each had had by then: the one for this may be on its way. */
  readonly #nudged = new Map<Nudgeable, number>();

  #nextLook = Number.POSITIVE_INFINITY;

  /** @param onStall - called when bytes moved on for which no event ever came */
  constructor(loop: Loop, onStall: () => void) {
    this.#loop = loop;
    this.#onStall = onStall;
    loop.addTimed(this);
  }

  blocked(flow: Nudgeable): void {
    if (this.#blocked.has(flow)) return;
    this.#blocked.set(flow, this.#loop.now);
    if (this.#nextLook !== Number.POSITIVE_INFINITY) return;
    this.#nextLook = this.#loop.now + INTERVAL;
    this.#loop.tickAt(this.#nextLook);
  }

  unblocked(flow: Nudgeable): void {
    this.#blocked.delete(flow);
  }

  /** The flow is closed. */
  forget(flow: Nudgeable): void {
    this.#blocked.delete(flow);
    this.#nudged.delete(flow);
  }

  tick(now: number): number {
    if (this.#isIdle) this.#nextLook = Number.POSITIVE_INFINITY;
    if (now < this.#nextLook) return this.#nextLook;
    for (const [flow, wakes] of this.#nudged) if (flow.wakes === wakes) this.#onStall();
    this.#nudged.clear();
    for (const [flow, since] of this.#blocked) if (now - since >= INTERVAL) this.#look(flow);
    this.#nextLook = this.#isIdle ? Number.POSITIVE_INFINITY : now + INTERVAL;
    return this.#nextLook;
  }

  get #isIdle(): boolean {
    return this.#blocked.size + this.#nudged.size === 0;
  }

  /** While there is only a little room, no event is due, though a write would take some: see tcp_poll() in the kernel. */
  #look(flow: Nudgeable): void {
    const { wakes } = flow;
    if (isRoomy(flow.to) && flow.nudge()) this.#nudged.set(flow, wakes);
  }
}
