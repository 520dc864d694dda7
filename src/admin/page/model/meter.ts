/** Bytes each way: how many so far, or in a second. */
export interface Traffic {
  toClients: number;
  toServers: number;
}

interface Reading extends Traffic {
  at: number;
}

/** Makes rates of counters: of each, what it grew by between two readings. */
export class Meter {
  #last = new Map<number, Reading>();

  /**
   * @param at - when the counters were read, in seconds
   * @param counters - all there are, by id; those missing are forgotten
   * @returns the rate of each that was there before
   */
  read(at: number, counters: Iterable<[id: number, sofar: Traffic]>): Map<number, Traffic> {
    const readings = new Map<number, Reading>();
    const rates = new Map<number, Traffic>();
    for (const [id, sofar] of counters) {
      readings.set(id, { ...sofar, at });
      const last = this.#last.get(id);
      if (last === undefined || last.at >= at) continue;
      const perSecond = (now: number, then: number) => Math.max(0, now - then) / (at - last.at);
      rates.set(id, {
        toClients: perSecond(sofar.toClients, last.toClients),
        toServers: perSecond(sofar.toServers, last.toServers),
      });
    }
    this.#last = readings;
    return rates;
  }

  /** The next counters have nothing to do with those so far. */
  reset(): void {
    this.#last.clear();
  }
}
