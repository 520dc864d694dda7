import type { DataPlane, Exchange } from '../../../data-plane/data-plane.ts';
import { openPoolExchange, type PoolExchangeSettings } from '../../../pool/pool-exchange.ts';
import type { EmitBrokerEvent, RegistrationEnding, RegistrationInfo } from '../../events.ts';
import { type Registration, reporting } from '../../registration/registration.ts';

/** A pool: a registration that is nobody's, from the broker's start to its end. */
export class PoolRegistration implements Registration {
  readonly info: RegistrationInfo;
  readonly exchange: Exchange;
  readonly ended: Promise<void>;
  readonly #emit: EmitBrokerEvent;
  #isEnding = false;
  #resolveEnded: () => void = () => {};

  private constructor(info: RegistrationInfo, exchange: Exchange, emit: EmitBrokerEvent) {
    this.info = info;
    this.exchange = exchange;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#emit = emit;
  }

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

  async end(ending: RegistrationEnding): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    await this.exchange.stop();
    this.#resolveEnded();
    this.#emit('ended', this.info, ending, this.exchange.counters());
  }
}
