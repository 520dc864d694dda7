import type { DataPlane, Exchange, ExchangeSettings } from '../../data-plane/data-plane.ts';
import type { SessionEnding } from '../../yamux/session.ts';
import type { ControlConnection } from '../control-connection.ts';
import type { EmitBrokerEvent, RegistrationEnding, RegistrationInfo } from '../events.ts';
import type { MuxHolder, MuxSession } from '../mux-session.ts';
import { PlainRegistration, reporting } from './registration.ts';

const ENDINGS: Record<SessionEnding, RegistrationEnding> = {
  closed: 'closed',
  lost: 'lost',
  silent: 'unanswered',
  'not-reading': 'not-reading',
  misbehaved: 'misbehaved',
  'gone-away': 'closed',
};

const NOTHING = Buffer.alloc(0);

/** A registrant that gets its clients as streams of its own connection, with its exchange. */
export class MuxRegistration extends PlainRegistration implements MuxHolder {
  readonly #mux: MuxSession;

  private constructor(
    info: RegistrationInfo,
    exchange: Exchange,
    mux: MuxSession,
    emit: EmitBrokerEvent,
  ) {
    super(info, exchange, emit);
    this.#mux = mux;
  }

  /**
   * Rejects with the system's error when the listener cannot be opened.
   *
   * @param connection - of this session
   * @param addressOf - what the registrant is told, for a client port
   */
  static async open(
    { id, settings }: { id: number; settings: ExchangeSettings },
    connection: ControlConnection,
    mux: MuxSession,
    plane: DataPlane,
    addressOf: (clientPort: number) => string,
    emit: EmitBrokerEvent,
  ): Promise<MuxRegistration> {
    let registration: MuxRegistration;
    const exchange = await plane.openExchange(settings, {
      ...reporting(emit, () => registration.info),
      notify: () => {},
      fetch: () => registration.#fetch(),
    });
    const { clientPort, backConnectPort } = exchange;
    const { address, secured } = connection;
    const info = { id, protocol: 'mux', address, clientPort, backConnectPort, secured } as const;
    registration = new MuxRegistration(info, exchange, mux, emit);
    exchange.announce({ descriptor: undefined });
    // Its end is the registrant's to choose: many read it only when they have nothing else to do.
    const told = connection.release().resume().end(addressOf(clientPort));
    void exchange.finished.then(() => {
      mux.leave();
      told.destroy();
    });
    mux.handTo(registration);
    return registration;
  }

  muxOver(ending: SessionEnding): void {
    void this.end(ENDINGS[ending]);
  }

  /** The stream is a back-connect from its first byte on, which is the client's or the server's. */
  #fetch(): void {
    const stream = this.#mux.open();
    if (stream !== undefined) this.exchange.adopt(stream, undefined, NOTHING);
  }
}
