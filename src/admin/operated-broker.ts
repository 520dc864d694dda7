import type { EventEmitter } from 'node:events';
import type { Broker } from '../broker/broker.ts';
import type { BrokerEvents } from '../broker/events.ts';

type Methods =
  | 'status'
  | 'registrations'
  | 'fleet'
  | 'fleetNames'
  | 'connections'
  | 'forwarded'
  | 'endForwarded'
  | 'endConnection'
  | 'endRegistration'
  | 'answers';

/** What of a broker its operator looks at and acts on. */
export interface OperatedBroker
  extends Pick<EventEmitter<BrokerEvents>, 'on' | 'off'>,
    Pick<Broker, Methods> {}
