import type { Directory } from '../../directory/directory.ts';
import { within } from '../../within.ts';
import type { EmitBrokerEvent } from '../events.ts';
import type { LeaseClaims } from '../leases/lease-claims.ts';
import { ExtendedRegistration } from '../registration/extended-registration.ts';
import { FETCH_TIMEOUT } from '../registration/registration.ts';
import type { Registry } from '../registration/registry.ts';
import { until } from '../until.ts';

/** Agents on their way at one time: clients of their names wait. */
const MOST_MOVING = 16;

/** Milliseconds for the directory to write that agents move. */
const RECORD_TIMEOUT = 5000;

interface Parts {
  directory: Directory;
  registry: Registry;
  claims: LeaseClaims;
  emit: EmitBrokerEvent;
}

/** Sends the agents of a broker that is about to leave to the other members of its fleet. */
export class Evacuation {
  readonly #parts: Parts;
  /** Agents that were sent to each member. */
  readonly #sent = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Resolves when all of them were sent away that there was a place for. */
  async run(): Promise<void> {
    const agents = this.#parts.registry
      .all()
      .filter((each) => each instanceof ExtendedRegistration);
    const left = agents.filter(({ state }) => state === 'live' || state === 'parked').values();
    const mover = async () => {
      for (const registration of left) await this.#move(registration);
    };
    await Promise.all(Array.from({ length: MOST_MOVING }, mover));
  }

  async #move(registration: ExtendedRegistration): Promise<void> {
    const to = this.#leastBusy();
    if (to === undefined) return;
    this.#sent.set(to, (this.#sent.get(to) ?? 0) + 1);
    if (!(await this.#isLeft(registration)) || registration.ending !== undefined) return;
    await Promise.all(registration.entrances.map((entrance) => entrance.shut()));
    await until(() => registration.exchange.counters().waiting === 0, FETCH_TIMEOUT);
    this.#parts.emit('moved', registration.info, to);
    await registration.endElsewhere('moved', to);
  }

  /** Whether others may take what it has: not before does its agent go there. */
  async #isLeft(registration: ExtendedRegistration): Promise<boolean> {
    const left = Promise.all([
      registration.leaveName(),
      this.#parts.claims.leave(registration.lease.keyHash),
    ]);
    return within(RECORD_TIMEOUT, left).then(
      () => true,
      () => false,
    );
  }

  #leastBusy(): string | undefined {
    const { directory } = this.#parts;
    const busy = directory
      .members()
      .filter(({ session, state }) => session !== directory.self.session && state === 'live')
      .filter(({ isDraining }) => !isDraining)
      .map(({ name, load }) => ({ name, agents: load.registrations + (this.#sent.get(name) ?? 0) }))
      .toSorted((a, b) => a.agents - b.agents);
    return busy[0]?.name;
  }
}
