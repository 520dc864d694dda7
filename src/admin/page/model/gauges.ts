import type { PastMoment, Snapshot } from '../feed/wire.ts';
import { History, type Moment } from './history.ts';
import { Meter, type Traffic } from './meter.ts';

/** Seconds between two readings, at least: too short a while makes no rate. */
const LEAST = 0.5;

/** The id of a meter that has but one reading. */
const ALL = 0;

/** What is read off the counters of a broker, from one snapshot to the next. */
export class Gauges {
  /** Of all registrations together; undefined until there were two readings in a row. */
  rate: Traffic | undefined;
  /** Of each registration, by id. */
  rates: ReadonlyMap<number, Traffic> = new Map();
  readonly history = new History();
  /** When they were last read, in seconds. */
  #at = Number.NEGATIVE_INFINITY;
  readonly #total = new Meter();
  readonly #each = new Meter();

  /** A stream begins with a snapshot, whenever that is: one that comes too soon is left out. */
  read({ status, registrations, at: milliseconds }: Snapshot): void {
    const at = milliseconds / 1000;
    if (at > this.#at && at - this.#at < LEAST) return;
    this.#at = at;
    this.rate = this.#total.read(at, [[ALL, traffic(status.counters)]]).get(ALL);
    this.rates = this.#each.read(
      at,
      registrations.map(({ info, counters }) => [info.id, traffic(counters)]),
    );
    const { paired, waiting } = status.counters;
    if (this.rate) this.history.add({ at, figures: { ...this.rate, paired, waiting } });
  }

  /** Takes what the broker remembers, and the page has missed. */
  recall(past: PastMoment[]): void {
    this.history.recall(momentsOf(past));
  }

  /** The next counters are those of another process. */
  beginAnew(): void {
    this.#at = Number.NEGATIVE_INFINITY;
    this.#total.reset();
    this.#each.reset();
  }
}

/** Of each but the first, which has none before it to compare with. */
function momentsOf(past: PastMoment[]): Moment[] {
  const meter = new Meter();
  return past.flatMap((moment) => {
    const at = moment.at / 1000;
    const rate = meter.read(at, [[ALL, traffic(moment)]]).get(ALL);
    const { paired, waiting } = moment;
    return rate ? [{ at, figures: { ...rate, paired, waiting } }] : [];
  });
}

function traffic({
  bytesToClient,
  bytesToServer,
}: Pick<PastMoment, 'bytesToClient' | 'bytesToServer'>): Traffic {
  return { toClients: bytesToClient, toServers: bytesToServer };
}
