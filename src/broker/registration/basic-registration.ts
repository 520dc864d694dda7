import { setTimeout as delay } from 'node:timers/promises';
import type { DataPlane, Exchange, ExchangeSettings } from '../../data-plane/data-plane.ts';
import type { ProtocolError } from '../../protocol/error-codes.ts';
import { formatError } from '../../protocol/extended.ts';
import type { ConnectionEnding, ControlConnection, ControlHolder } from '../control-connection.ts';
import type { EmitBrokerEvent, RegistrationInfo } from '../events.ts';
import { PlainRegistration, reporting } from './registration.ts';
import { retransmissions } from './retransmissions.ts';

/**
 * Clients in a row that nobody fetched, without one back-connect in between,
 * after which a registrant counts as gone. Far more than a server that serves
 * one client at a time lets wait.
 */
const MAX_UNANSWERED = 1024;

/** Retransmissions in a row after which a registrant counts as gone: some three seconds without an answer. */
const MAX_RETRANSMISSIONS = 4;

/** Milliseconds between two looks at a registrant that does not answer. */
const PROBE_INTERVAL = 1000;

/** What is said to a registrant that says nothing itself. */
export interface Dialect {
  protocol: 'basic' | 'announce';
  /** What it is told of its registration, if anything. */
  greeting?: (clientPort: number) => string;
  /** Whether it is told of its clients in lines that have but the port. */
  isBare: boolean;
}

/** A registrant of the basic protocol, or of another one in which it says nothing, with its exchange: from its listeners' opening to their end. */
export class BasicRegistration extends PlainRegistration implements ControlHolder {
  readonly #connection: ControlConnection;
  #unanswered = 0;
  #probing = false;

  private constructor(
    info: RegistrationInfo,
    exchange: Exchange,
    connection: ControlConnection,
    emit: EmitBrokerEvent,
  ) {
    super(info, exchange, emit);
    this.#connection = connection;
    // Not before its last pair: a server might take the end of this connection for that of its pairs.
    void exchange.finished.then(() => {
      if (!connection.isEnded) connection.destroy();
    });
  }

  /** Rejects with the system's error when the listeners cannot be opened. */
  static async open(
    { id, settings, dialect }: { id: number; settings: ExchangeSettings; dialect: Dialect },
    connection: ControlConnection,
    plane: DataPlane,
    emit: EmitBrokerEvent,
  ): Promise<BasicRegistration> {
    let registration: BasicRegistration;
    const reports = reporting(emit, () => registration.info);
    const exchange = await plane.openExchange(settings, {
      ...reports,
      notify: (text) => connection.notify(text),
      clientPaired: (client) => {
        registration.#answered();
        reports.clientPaired(client);
      },
      clientEnded: (record) => {
        if (record.ending === 'unfetched') registration.#notAnswered();
        reports.clientEnded(record);
      },
    });
    const { clientPort, backConnectPort } = exchange;
    const { address, secured } = connection;
    const { protocol, greeting, isBare } = dialect;
    const info = { id, protocol, address, clientPort, backConnectPort, secured };
    registration = new BasicRegistration(info, exchange, connection, emit);
    // On its way before the data plane, which may write past the stream, can announce the first client.
    if (greeting !== undefined) connection.send(greeting(clientPort));
    exchange.announce({ descriptor: connection.descriptor, bare: isBare });
    connection.handTo(registration);
    return registration;
  }

  /** An agent that says hello so late is no server of the basic protocol, nor to take this relay for one that knows no other. */
  received(chunk: Buffer): void {
    if (chunk.toString('latin1', 0, HELLO.length) === HELLO) {
      this.#connection.end(formatError(TOO_LATE));
    } else {
      this.#connection.destroy();
    }
    void this.end('junk');
  }

  over(ending: ConnectionEnding): void {
    void this.end(ending);
  }

  #answered(): void {
    this.#unanswered = 0;
  }

  /** Keepalive is blind while a notification is unacknowledged, so each unfetched client is a reason to look. */
  #notAnswered(): void {
    this.#unanswered += 1;
    if (this.#unanswered >= MAX_UNANSWERED) this.#giveUp();
    else if (!this.#probing) void this.#probe();
  }

  async #probe(): Promise<void> {
    const { socket } = this.#connection;
    this.#probing = true;
    let unanswered = await retransmissions(socket);
    while (unanswered > 0 && unanswered < MAX_RETRANSMISSIONS && !this.isEnding) {
      await delay(PROBE_INTERVAL, undefined, { ref: false });
      unanswered = await retransmissions(socket);
    }
    this.#probing = false;
    if (unanswered > 0) this.#giveUp();
  }

  #giveUp(): void {
    if (this.isEnding) return;
    this.#connection.destroy();
    void this.end('silent');
  }
}

/** How an agent begins. */
const HELLO = '[HELLO]';

const TOO_LATE: ProtocolError = {
  code: 'hello-timeout',
  message: 'the first line came after the hello window; try again',
};
