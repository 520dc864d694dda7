import { isAcknowledged, setUserTimeout } from '../system-calls.ts';
import type { Flow } from './flow.ts';
import type { Loop, Timed } from './loop.ts';
import { USER_TIMEOUT } from './upkeep.ts';

/** Milliseconds without a byte taken before a look, and between two looks. */
const INTERVAL = 1000;

interface Blocked {
  since: number;
  /** Its peer does not read, so it is not held to TCP_USER_TIMEOUT. */
  patient: boolean;
}

/**
 * Looks after flows whose receiver takes nothing.
 *
 * An edge-triggered event that never comes would stall a connection for good, so
 * each is nudged now and then. And TCP_USER_TIMEOUT, which is to find peers that
 * vanished, also runs while a peer that is alive just does not read (Linux since
 * 5.11), so it is lifted from those until they read again.
 */
export class Watchdog implements Timed {
  readonly #loop: Loop;
  readonly #onStall: () => void;
  readonly #blocked = new Map<Flow, Blocked>();
  /** Flows that a nudge moved, and how many events each had had by then: the one for this may be on its way. */
  readonly #nudged = new Map<Flow, number>();

  /** @param onStall - called when bytes moved on for which no event ever came */
  constructor(loop: Loop, onStall: () => void) {
    this.#loop = loop;
    this.#onStall = onStall;
    loop.addTimed(this);
  }

  blocked(flow: Flow): void {
    if (this.#blocked.has(flow)) return;
    this.#blocked.set(flow, { since: this.#loop.now, patient: false });
    this.#loop.tickAt(this.#loop.now + INTERVAL);
  }

  unblocked(flow: Flow): void {
    const state = this.#blocked.get(flow);
    if (state === undefined) return;
    this.#blocked.delete(flow);
    if (state.patient) setUserTimeout(flow.to, USER_TIMEOUT);
  }

  /** The flow is closed. */
  forget(flow: Flow): void {
    this.#blocked.delete(flow);
    this.#nudged.delete(flow);
  }

  tick(now: number): number {
    for (const [flow, wakes] of this.#nudged) if (flow.wakes === wakes) this.#onStall();
    this.#nudged.clear();
    for (const [flow, state] of this.#blocked) {
      if (now - state.since >= INTERVAL) this.#look(flow, state);
    }
    const idle = this.#blocked.size + this.#nudged.size === 0;
    return idle ? Number.POSITIVE_INFINITY : now + INTERVAL;
  }

  #look(flow: Flow, state: Blocked): void {
    const { wakes } = flow;
    if (flow.nudge()) this.#nudged.set(flow, wakes);
    else if (!state.patient && isAcknowledged(flow.to)) {
      setUserTimeout(flow.to, 0);
      state.patient = true;
    }
  }
}
