import type { FleetAnswer, RegistrationAnswer, StatusAnswer } from './api/answers.ts';
import type { Site } from './api/operation.ts';
import { listNames } from './fleet-names.ts';
import type { OperatedBroker } from './operated-broker.ts';
import type { Past } from './past.ts';

/** What the operations of the API work on: a broker that says in JSON how it stands. */
export function siteOf(
  broker: OperatedBroker,
  past: Past,
  { version, drain }: { version: string; drain: Site['drain'] },
): Site {
  const status = () => statusOf(broker, version);
  const registrations = () => registrationsOf(broker);
  const fleet = () => fleetOf(broker);
  return {
    broker,
    drain,
    past: () => past.moments,
    status,
    registrations,
    fleet,
    fleetNames: (query) => {
      const names = broker.fleetNames();
      return names && listNames(names, query);
    },
    snapshot: () => ({
      at: Date.now(),
      status: status(),
      registrations: registrations(),
      fleet: fleet(),
    }),
  };
}

function statusOf(broker: OperatedBroker, version: string): StatusAnswer {
  const { started, ...status } = broker.status();
  return { version, started: started.toISOString(), ...status };
}

function registrationsOf(broker: OperatedBroker): RegistrationAnswer[] {
  return broker.registrations().map(({ since, leaseEnds, ...registration }) => ({
    ...registration,
    since: since.toISOString(),
    leaseEnds: leaseEnds?.toISOString(),
  }));
}

function fleetOf(broker: OperatedBroker): FleetAnswer | undefined {
  const fleet = broker.fleet();
  if (fleet === undefined) return undefined;
  const { directory, tenure, ...rest } = fleet;
  return {
    ...rest,
    directory: { ...directory, since: directory.since.toISOString() },
    tenure: { ...tenure, since: tenure.since.toISOString() },
  };
}
