import type { Socket } from 'node:net';
import type { ClientBeginning, Exchange, StreamSocket } from '../../../data-plane/data-plane.ts';
import { CONNECTED } from '../../../protocol/names.ts';
import { strictest } from '../../access/limits.ts';
import type { EmitBrokerEvent, RegistrationEnding, RegistrationInfo } from '../../events.ts';
import type { OfferedService } from '../../names/named-service.ts';
import { exchangeSettings, planeFor } from '../../registration/exchange-settings.ts';
import { PlainRegistration, reporting } from '../../registration/registration.ts';
import type { Site } from '../../registration/site.ts';

/** Connections of a server that may wait for clients under one name. */
const MOST_PARKED = 1000;

/**
 * Milliseconds in which a name is not used, after which it is given up: a day, or two at most,
 * so that a machine that is off at night keeps it.
 */
const UNUSED = 86_400_000;

/** A name that a server has reserved, with the connections that it has parked under it. */
export class NameRegistration extends PlainRegistration implements OfferedService {
  /** Its server parks a connection for each client: that none is there may be over at once. */
  readonly isOffered = true;
  readonly #upkeep: NodeJS.Timeout;
  #isUsed = true;

  private constructor(info: RegistrationInfo, exchange: Exchange, emit: EmitBrokerEvent) {
    super(info, exchange, emit);
    this.#upkeep = setInterval(() => this.#look(), UNUSED);
    const pool = { most: MOST_PARKED, introduction: `${CONNECTED}\n` };
    exchange.announce({ descriptor: undefined, pool });
  }

  static async open(
    { settings, access, planes, node, emit }: Site,
    {
      generation,
      ...own
    }: { id: number; name: string; address: string; generation?: number | undefined },
  ): Promise<NameRegistration> {
    let registration: NameRegistration;
    const opening = exchangeSettings(settings, access, {
      clientPort: undefined,
      backConnectPort: undefined,
      pairing: 'order',
      // Whose connections they are is seen to at the door.
      backConnectFrom: undefined,
      limits: strictest(access.limits),
      secured: false,
    });
    // What is spoken at this door is not encrypted, whatever holds for client ports.
    const plain = { ...opening, tls: undefined };
    const exchange = await planeFor(plain, planes).openExchange(plain, {
      ...reporting(emit, () => registration.info),
      notify: () => {},
    });
    const info = {
      ...own,
      ...(node !== undefined && { node, generation }),
      protocol: 'names',
      clientPort: 0,
      backConnectPort: 0,
      secured: false,
    } as const;
    registration = new NameRegistration(info, exchange, emit);
    return registration;
  }

  get isAvailable(): boolean {
    return this.exchange.spares > 0;
  }

  enter(client: StreamSocket, begun?: ClientBeginning): void {
    this.exchange.adoptClient(client, begun);
  }

  /** Keeps a connection of the server for a client. */
  park(socket: Socket, rest: Buffer): void {
    this.#isUsed = true;
    this.exchange.adopt(socket, undefined, rest);
  }

  override end(ending: RegistrationEnding): Promise<void> {
    clearInterval(this.#upkeep);
    return super.end(ending);
  }

  /** Nobody else gets a name for which its server does not come back. */
  #look(): void {
    const { spares, waiting, paired } = this.exchange.counters();
    if (!this.#isUsed && spares + waiting + paired === 0) void this.end('unused');
    this.#isUsed = false;
  }
}
