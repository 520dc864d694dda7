import { RelayError } from '../../errors.ts';

/** What can be wrong with a fleet, for its operators. */

export function nameTaken(name: string): RelayError {
  return new RelayError(
    'E_DIRECTORY',
    `Another relay of the fleet is called ${name}. Give each one an --advertise or a control port of its own.`,
  );
}

export function noAnswer(): RelayError {
  return new RelayError(
    'E_DIRECTORY',
    'NATS does not answer in time. Look at whether its JetStream has a leader (nats server report jetstream).',
  );
}

/** Characters of a key that are told: anybody may have written it. */
const TOLD = 100;

export function unreadable(key: string): RelayError {
  return new RelayError(
    'E_DIRECTORY',
    `The fleet’s bucket has an entry that cannot be read, and is ignored: ${JSON.stringify(key.slice(0, TOLD))}. Give nobody else the right to write there; relays of a later version may.`,
  );
}
