import { deliveryOf, setUserTimeout } from '../system-calls.ts';

/** A flow, as far as its receiver is concerned. */
export interface Sending {
  /** The descriptor that it writes to. */
  readonly to: number;
  /** Bytes so far. */
  readonly bytes: number;
}

/**
 * The side that a flow sends to, under TCP_USER_TIMEOUT: so many milliseconds
 * may bytes stay unacknowledged. But that also ends a connection to a peer that
 * is alive and just does not read (Linux since 5.11), so it is lifted from one
 * that has acknowledged all it was sent and has no room for the rest.
 */
export class Receiver {
  readonly #flow: Sending;
  readonly #timeout: number;
  /** What the flow had moved by the last look, and whether all of it had arrived. */
  #bytes = 0;
  #arrived = true;
  #lifted = false;

  constructor(flow: Sending, timeout: number) {
    this.#flow = flow;
    this.#timeout = timeout;
    setUserTimeout(flow.to, timeout);
  }

  /** To be called several times within the timeout. */
  look(): void {
    const { bytes, to } = this.#flow;
    if (this.#arrived && bytes === this.#bytes) return;
    this.#bytes = bytes;
    const { unacknowledged, unsent } = deliveryOf(to);
    this.#arrived = !unacknowledged && !unsent;
    const isPausing = unsent && !unacknowledged;
    if (isPausing === this.#lifted) return;
    this.#lifted = isPausing;
    setUserTimeout(to, isPausing ? 0 : this.#timeout);
  }

  /** Behind our close(2) nobody looks any more: a reader that takes its time shall get the rest all the same. */
  letGo(): void {
    setUserTimeout(this.#flow.to, 0);
  }
}
