import type { Exchange, ExchangeObserver } from '../../data-plane/data-plane.ts';
import type { Entrance } from '../entrance.ts';
import type { EmitBrokerEvent, RegistrationEnding, RegistrationInfo } from '../events.ts';
import type { RegistrationState } from '../status.ts';

/** Milliseconds for clients that wait to be fetched, before nobody can come for them any more. */
export const FETCH_TIMEOUT = 2000;

/** A server's right to a client port, and its exchange. */
export interface Registration {
  readonly info: RegistrationInfo;
  readonly exchange: Exchange;
  readonly state: RegistrationState;
  /** When its lease will be over, if it is held. */
  readonly leaseEnds?: Date | undefined;
  /** Its listeners that another process of the broker can go on with; empty where nobody would come back for them. */
  readonly entrances: readonly Entrance[];
  /** Resolves when both listeners are shut; relayed connections may still run. */
  readonly ended: Promise<void>;
  /**
   * The broker is going to end: no more clients come, and its agent is told to look for another one. It ends at
   * once unless there are clients that wait, who may still be fetched.
   */
  dismiss(): Promise<void>;
  /** Shuts the listeners; relayed connections run on. */
  end(ending: RegistrationEnding): Promise<void>;
}

/** One that is gone when it ends, but for the connections that it relays: nobody comes back for it. */
export class PlainRegistration implements Registration {
  readonly entrances: readonly Entrance[] = [];
  readonly info: RegistrationInfo;
  readonly exchange: Exchange;
  readonly ended: Promise<void>;
  readonly #emit: EmitBrokerEvent;
  #isEnding = false;
  #resolveEnded: () => void = () => {};

  constructor(info: RegistrationInfo, exchange: Exchange, emit: EmitBrokerEvent) {
    this.info = info;
    this.exchange = exchange;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#emit = emit;
  }

  get state(): RegistrationState {
    return this.#isEnding ? 'draining' : 'live';
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  async dismiss(): Promise<void> {
    await this.exchange.shut('clients');
    if (this.exchange.counters().waiting === 0) await this.end('shutdown');
  }

  async end(ending: RegistrationEnding): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    await this.exchange.stop();
    this.#resolveEnded();
    this.#emit('ended', this.info, ending, this.exchange.counters());
  }
}

/** Tells of an exchange what is told of every registration's. */
export function reporting(
  emit: EmitBrokerEvent,
  info: () => RegistrationInfo,
): Omit<ExchangeObserver, 'notify'> {
  return {
    clientWaiting: (client) => emit('clientWaiting', info(), client),
    clientPaired: (client) => emit('clientPaired', info(), client),
    clientEnded: (record) => emit('clientEnded', info(), record),
    clientRefused: (cause, address) => emit('clientRefused', info(), cause, address),
    backConnectRefused: (cause, address) => emit('backConnectRefused', info(), cause, address),
  };
}

/** How registrations end that another process goes on with, or may. */
const LEFT: readonly (RegistrationEnding | undefined)[] = [
  'shutdown',
  'moved',
  'claim-lost',
  'directory-away',
];

/** Whether what it had is left to others. */
export function isLeft(ending: RegistrationEnding | undefined): boolean {
  return LEFT.includes(ending);
}
