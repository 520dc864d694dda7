import type { EventEmitter } from 'node:events';
import type { BrokerEvents, DoorName, DoorRefusal } from './events.ts';
import type { BrokerStatus, RegistrationRefusals } from './status.ts';

/** Counts what a broker reports of those who never got a registration, and keeps which doors it has opened. */
export class Tally {
  readonly doors: BrokerStatus['doors'] = [];
  readonly refused: RegistrationRefusals = {};
  authenticationFailures = 0;
  readonly #atDoors = new Map<DoorName, Map<DoorRefusal, number>>();

  constructor(broker: EventEmitter<BrokerEvents>) {
    broker.on('doorOpened', (name, at) => this.doors.push({ name, ...at }));
    broker.on('refused', (_, cause) => {
      this.refused[cause] = (this.refused[cause] ?? 0) + 1;
    });
    broker.on('doorRefused', (door, _, cause) => {
      const causes = this.#atDoors.get(door) ?? new Map<DoorRefusal, number>();
      this.#atDoors.set(door, causes.set(cause, (causes.get(cause) ?? 0) + 1));
    });
    broker.on('authenticationFailed', () => {
      this.authenticationFailures += 1;
    });
  }

  get doorRefused(): BrokerStatus['doorRefused'] {
    return [...this.#atDoors].flatMap(([door, causes]) =>
      [...causes].map(([cause, count]) => ({ door, cause, count })),
    );
  }
}
