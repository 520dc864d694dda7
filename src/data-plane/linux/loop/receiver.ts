import { deliveryOf } from '../system-calls.ts';
import type { Flow } from './flow.ts';

/** The side that a flow sends to, looked at now and then: is it still there? */
export class Receiver {
  readonly #flow: Flow;
  /** What the flow had moved by the last look, and whether all of it had arrived. */
  #bytes = 0;
  #arrived = true;
  #silentSince: number | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** For how many milliseconds it has left bytes unacknowledged and given no other sign of life. */
  silence(now: number): number {
    const { bytes, to } = this.#flow;
    if (this.#arrived && bytes === this.#bytes) return 0;
    this.#bytes = bytes;
    const delivery = deliveryOf(to);
    this.#arrived = !delivery?.unacknowledged && !delivery?.unsent;
    if (!delivery?.unacknowledged) {
      this.#silentSince = undefined;
      return 0;
    }
    this.#silentSince = Math.max(this.#silentSince ?? now, now - delivery.silence);
    return now - this.#silentSince;
  }
}
