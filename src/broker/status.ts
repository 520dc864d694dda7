import type { DataPlane, ExchangeCounters } from '../data-plane/data-plane.ts';
import type { DoorName, DoorRefusal, RegistrationInfo, RegistrationRefusal } from './events.ts';

/**
 * `live`: its server is here. `parked`: so is its agent, whose service is down. `held`: on lease,
 * its agent is expected back. `draining`: it has ended, and connections that it relays have not.
 */
export type RegistrationState = 'live' | 'parked' | 'held' | 'draining';

/** One registration as it is at the moment. */
export interface RegistrationStatus {
  info: RegistrationInfo;
  state: RegistrationState;
  /** When its listeners were opened. */
  since: Date;
  /** When its lease will be over, if its agent does not come back. */
  leaseEnds?: Date | undefined;
  /** The public name of the broker's machine, if it has one. */
  host?: string | undefined;
  /** The name under which clients reach it at the TLS and HTTP doors. */
  hostName?: string | undefined;
  counters: ExchangeCounters;
}

/** How often each kind of control connection was turned away, by why. */
export type RegistrationRefusals = Partial<Record<RegistrationRefusal, number>>;

/** A broker as it is at the moment. */
export interface BrokerStatus {
  /** `draining`: it takes nobody any more. */
  state: 'serving' | 'draining';
  started: Date;
  /** The control listener. */
  at: { host: string; port: number };
  doors: { name: DoorName; host: string; port: number }[];
  dataPlane: { name: DataPlane['name']; threads: number };
  /** How many there are in each state. */
  registrations: Record<RegistrationState, number>;
  /** Of all registrations since the start, those included that are gone. */
  counters: ExchangeCounters;
  /** Control connections turned away since the start. */
  refused: RegistrationRefusals;
  /** Connections to front doors turned away since the start. */
  doorRefused: { door: DoorName; cause: DoorRefusal; count: number }[];
  /** Proofs of tokens that were wrong, since the start. */
  authenticationFailures: number;
  /** Of the process, as far as they are counted. */
  descriptors: { used: number; most: number };
}
