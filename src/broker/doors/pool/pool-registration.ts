import type { DataPlane, ListenerDescriptors } from '../../../data-plane/data-plane.ts';
import { openPoolExchange, type PoolExchangeSettings } from '../../../pool/pool-exchange.ts';
import { entranceOf } from '../../entrance.ts';
import type { EmitBrokerEvent } from '../../events.ts';
import { PlainRegistration, reporting } from '../../registration/registration.ts';

/** A pool: a registration that is nobody's, from the broker's start to its end. */
export class PoolRegistration extends PlainRegistration {
  override readonly entrances = [
    entranceOf(this.exchange, 'clients', 'client'),
    entranceOf(this.exchange, 'backConnects', 'pool'),
  ];

  /** Rejects with the system's error when the ports cannot be opened. */
  static async open(
    {
      id,
      settings,
      inherits,
    }: { id: number; settings: PoolExchangeSettings; inherits: ListenerDescriptors },
    plane: DataPlane,
    emit: EmitBrokerEvent,
  ): Promise<PoolRegistration> {
    let registration: PoolRegistration;
    const observer = reporting(emit, () => registration.info);
    const exchange = await openPoolExchange(plane, settings, observer);
    try {
      await exchange.acceptFrom(inherits);
    } catch (error) {
      await exchange.stop();
      throw error;
    }
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
