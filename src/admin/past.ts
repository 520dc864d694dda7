import type { MomentAnswer } from './api/answers.ts';
import type { OperatedBroker } from './operated-broker.ts';

/** Moments that are kept, one of each second. */
const MOST = 300;

const INTERVAL = 1000;

/** The last minutes of a broker, for whoever begins to look at it only now. */
export class Past {
  readonly #broker: OperatedBroker;
  readonly #moments: MomentAnswer[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(broker: OperatedBroker) {
    this.#broker = broker;
  }

  begin(): void {
    this.#timer = setInterval(() => this.#keep(), INTERVAL);
  }

  /** Eldest first. */
  get moments(): readonly MomentAnswer[] {
    return this.#moments;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #keep(): void {
    const { bytesToServer, bytesToClient, paired, waiting } = this.#broker.status().counters;
    this.#moments.push({ at: Date.now(), bytesToServer, bytesToClient, paired, waiting });
    if (this.#moments.length > MOST) this.#moments.shift();
  }
}
