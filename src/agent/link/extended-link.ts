import type { Registered } from '../../protocol/extended.ts';
import { formatMessage } from '../../protocol/message.ts';
import { proxyHeader } from '../proxy-header.ts';
import type { ControlConnection } from './control-connection.ts';
import { DialSource } from './dial-source.ts';
import { failureReason } from './failure-reason.ts';
import { understand } from './handshake.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Grant, Link, WaitingClient } from './link.ts';
import { MuxSource } from './mux-source.ts';
import { refused, warning } from './refusals.ts';
import type { Arrival, Registration, Source, SourceContext } from './source.ts';

/** What the protocol takes. */
const LONGEST_REASON = 512;

/** A registration of the extended protocol, once the handshake is over. */
export class ExtendedLink implements Link {
  readonly address: string;
  readonly grant: Grant;
  readonly #connection: ControlConnection;
  readonly #registered: Registered;
  readonly #context: SourceContext;
  readonly #source: Source;
  #heartbeat: Heartbeat | undefined;

  /** @throws RelayError `E_NOT_A_RELAY` when the relay does not say how clients are to be fetched. */
  constructor(registration: Registration, grant: Grant, context: SourceContext) {
    const { connection, registered } = registration;
    this.address = connection.address;
    this.grant = grant;
    this.#connection = connection;
    this.#registered = registered;
    this.#context = context;
    this.#source = sourceOf(registration, context);
  }

  get mostDialling(): number {
    return this.#source.mostDialling;
  }

  async serve(onClient: (client: WaitingClient) => void): Promise<never> {
    const connection = this.#connection;
    this.#heartbeat = new Heartbeat(this.#registered, {
      beat: () => connection.send(formatMessage('PING')),
      silent: () => connection.end(connection.lost('it fell silent')),
    });
    this.#source.start((from, { ticket, client }) => {
      onClient({ from, ticket, preface: this.#preface(client) });
    });
    try {
      return await connection.each((line) => this.#heard(line));
    } finally {
      await this.#leave();
    }
  }

  pause(): void {
    this.#source.pause();
    this.#heartbeat?.ignore();
  }

  resume(): void {
    this.#source.resume();
    this.#heartbeat?.listen();
  }

  fail(ticket: string, cause: unknown): void {
    this.#connection.send(formatMessage('FAILED', { ticket, reason: failureReason(cause) }));
  }

  park(reason: string | undefined): void {
    this.#connection.send(
      reason === undefined
        ? formatMessage('UNPARK')
        : formatMessage('PARK', { reason: reason.slice(0, LONGEST_REASON) }),
    );
  }

  close(keep: boolean): void {
    void this.#leave();
    this.#connection.close(keep ? undefined : formatMessage('BYE'));
  }

  async #leave(): Promise<void> {
    this.#heartbeat?.stop();
    await this.#source.close();
  }

  #heard(line: string): void {
    const connection = this.#connection;
    this.#heartbeat?.heard();
    const message = understand(connection, line);
    if (message === undefined) return;
    switch (message.word) {
      case 'NEW':
        if (!this.#source.announced(message.body)) connection.end(connection.nonsense(line));
        return;
      case 'PING':
        return;
      case 'WARNING':
        this.#context.notice('relay-warning', warning(connection.name, message.body));
        return;
      case 'ERROR':
        if (message.body.code === 'word-unknown') return;
        connection.end(refused(connection.name, message.body, 'ends the registration'));
        return;
      default:
        connection.end(connection.nonsense(line));
    }
  }

  #preface(client: Arrival['client']): Uint8Array | undefined {
    const { proxyProtocol } = this.#context.settings;
    if (proxyProtocol === undefined) return undefined;
    return proxyHeader(proxyProtocol, client, { address: this.address, port: this.grant.port });
  }
}

function sourceOf(registration: Registration, context: SourceContext): Source {
  const { connection, registered } = registration;
  if (connection.mux !== undefined) return new MuxSource(registration, connection.mux, context);
  const { backConnectPort } = registered;
  if (backConnectPort === undefined)
    throw connection.notARelay('it names no port for back-connects');
  return new DialSource(registration, backConnectPort, context);
}
