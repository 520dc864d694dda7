import { setTimeout as delay } from 'node:timers/promises';
import type {
  ConnectionRecord,
  DataPlane,
  Exchange,
  ExchangeSettings,
} from '../data-plane/data-plane.ts';
import type { ControlConnection } from './control-connection.ts';
import type { BrokerEvents, RegistrationEnding, RegistrationInfo } from './events.ts';
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

export type EmitBrokerEvent = <E extends keyof BrokerEvents>(
  event: E,
  ...args: BrokerEvents[E]
) => void;

/** A basic registrant with its exchange: from its listeners' opening to their end. */
export class Registration {
  readonly info: RegistrationInfo;
  readonly exchange: Exchange;
  /** Resolves when both listeners are shut. */
  readonly ended: Promise<void>;
  readonly #control: ControlConnection;
  readonly #emit: EmitBrokerEvent;
  #unanswered = 0;
  #probing = false;
  #ending = false;
  #resolveEnded: () => void = () => {};

  private constructor(
    info: RegistrationInfo,
    exchange: Exchange,
    control: ControlConnection,
    emit: EmitBrokerEvent,
  ) {
    this.info = info;
    this.exchange = exchange;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#control = control;
    this.#emit = emit;
  }

  /** Rejects with the system's error when the listeners cannot be opened. */
  static async open(
    {
      id,
      control,
      settings,
    }: { id: number; control: ControlConnection; settings: ExchangeSettings },
    plane: DataPlane,
    emit: EmitBrokerEvent,
  ): Promise<Registration> {
    let registration: Registration;
    const exchange = await plane.openExchange(settings, {
      notify: (text) => control.notify(text),
      clientWaiting: (client) => registration.#clientWaiting(client),
      clientPaired: () => registration.#answered(),
      clientEnded: (record) => registration.#clientEnded(record),
      clientRefused: (cause, address) => emit('clientRefused', registration.info, cause, address),
      backConnectRefused: (cause, address) =>
        emit('backConnectRefused', registration.info, cause, address),
    });
    const { clientPort, backConnectPort } = exchange;
    const info = { id, address: control.address, clientPort, backConnectPort };
    registration = new Registration(info, exchange, control, emit);
    exchange.announce({ descriptor: control.descriptor });
    return registration;
  }

  /** Shuts the listeners; relayed connections run on. */
  async end(ending: RegistrationEnding): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await this.exchange.stop();
    this.#resolveEnded();
    this.#emit('ended', this.info, ending, this.exchange.counters());
  }

  #clientWaiting(client: { id: number; address: string }): void {
    this.#emit('clientWaiting', this.info, client);
  }

  #answered(): void {
    this.#unanswered = 0;
  }

  #clientEnded(record: ConnectionRecord): void {
    if (record.ending === 'unfetched') this.#notAnswered();
    this.#emit('clientEnded', this.info, record);
  }

  /** Keepalive is blind while a notification is unacknowledged, so each unfetched client is a reason to look. */
  #notAnswered(): void {
    this.#unanswered += 1;
    if (this.#unanswered >= MAX_UNANSWERED) this.#giveUp();
    else if (!this.#probing) void this.#probe();
  }

  async #probe(): Promise<void> {
    this.#probing = true;
    let unanswered = await retransmissions(this.#control.socket);
    while (unanswered > 0 && unanswered < MAX_RETRANSMISSIONS && !this.#ending) {
      await delay(PROBE_INTERVAL, undefined, { ref: false });
      unanswered = await retransmissions(this.#control.socket);
    }
    this.#probing = false;
    if (unanswered > 0) this.#giveUp();
  }

  #giveUp(): void {
    if (this.#ending) return;
    this.#control.destroy();
    void this.end('silent');
  }
}
