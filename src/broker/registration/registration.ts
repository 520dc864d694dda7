import type { Exchange, ExchangeObserver } from '../../data-plane/data-plane.ts';
import type { EmitBrokerEvent, RegistrationEnding, RegistrationInfo } from '../events.ts';

/** A server's right to a client port, and its exchange. */
export interface Registration {
  readonly info: RegistrationInfo;
  readonly exchange: Exchange;
  /** Resolves when both listeners are shut; relayed connections may still run. */
  readonly ended: Promise<void>;
  /** Shuts the listeners; relayed connections run on. */
  end(ending: RegistrationEnding): Promise<void>;
}

/** One that is gone when it ends, but for the connections that it relays: nobody comes back for it. */
export class PlainRegistration implements Registration {
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

  get isEnding(): boolean {
    return this.#isEnding;
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
    clientPaired: () => {},
    clientEnded: (record) => emit('clientEnded', info(), record),
    clientRefused: (cause, address) => emit('clientRefused', info(), cause, address),
    backConnectRefused: (cause, address) => emit('backConnectRefused', info(), cause, address),
  };
}
