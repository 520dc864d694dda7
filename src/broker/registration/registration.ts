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
