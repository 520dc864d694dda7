import type { DataPlane } from '../../../data-plane/data-plane.ts';
import { openPoolExchange, type PoolExchangeSettings } from '../../../pool/pool-exchange.ts';
import type { EmitBrokerEvent } from '../../events.ts';
import { PlainRegistration, reporting } from '../../registration/registration.ts';

/** A pool: a registration that is nobody's, from the broker's start to its end. */
export class PoolRegistration extends PlainRegistration {
  /** Rejects with the system's error when the ports cannot be opened. */
  static async open(
    { id, settings }: { id: number; settings: PoolExchangeSettings },
    plane: DataPlane,
    emit: EmitBrokerEvent,
  ): Promise<PoolRegistration> {
    let registration: PoolRegistration;
    const observer = reporting(emit, () => registration.info);
    const exchange = await openPoolExchange(plane, settings, observer);
    const { clientPort, backConnectPort } = exchange;
    const secured = settings.tls?.backConnects !== undefined;
    const info = {
      id,
      protocol: 'pool',
      address: '',
      clientPort,
      backConnectPort,
      secured,
    } as const;
    registration = new PoolRegistration(info, exchange, emit);
    return registration;
  }
}
