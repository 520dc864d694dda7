import type { EndingParts } from './ending.ts';
import { ExtendedRegistration } from './registration/extended-registration.ts';
import type { Registration } from './registration/registration.ts';
import type { Estate } from './takeover/predecessor.ts';

/** What another process can go on with of a running broker. */
export function estateOf(
  { registry, leases, reception, listener, doors }: EndingParts,
  { isClosing, handedOver }: { isClosing: () => boolean; handedOver: () => void },
): Estate {
  const registrations = () => registry.all().filter(({ state }) => state !== 'draining');
  const entrances = () => [
    ...new Set([...registrations().flatMap(({ entrances }) => entrances), ...doors.entrances]),
  ];
  return {
    clientEntrances: () => entrances().filter(({ role }) => role !== 'pool'),
    serverEntrances: () => [...entrances().filter(({ role }) => role === 'pool'), listener],
    underWay: () => ({
      clients: doors.callers + waiting(registrations()),
      servers: reception.callers,
    }),
    async dismissServers() {
      reception.close();
      await registry.settled();
    },
    async lendLeases() {
      await leases.lend();
      return registrations().flatMap((registration) =>
        registration instanceof ExtendedRegistration ? [registration.lease] : [],
      );
    },
    takeLeasesBack: () => leases.takeBack(),
    get lastId() {
      return registry.lastId;
    },
    get isClosing() {
      return isClosing();
    },
    handedOver,
  };
}

/** Clients of those whose servers will be at another process, and are still here. */
function waiting(registrations: Registration[]): number {
  return registrations
    .filter(({ entrances, state }) => entrances.length > 0 && state !== 'held')
    .reduce((sum, { exchange }) => sum + exchange.counters().waiting, 0);
}
