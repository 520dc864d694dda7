import type { ConnectionOptions } from 'node:tls';
import { DialError } from '../../data-plane/data-plane.ts';
import type { AgentSettings } from '../../options/agent-options.ts';
import { type ClientAddress, type Registered, spareWords } from '../../protocol/extended.ts';
import { formatMessage, parseMessage } from '../../protocol/message.ts';
import { relayUnreachable } from '../dial-back.ts';
import type { NoticeListener } from '../events.ts';
import { proxyHeader } from '../proxy-header.ts';
import type { Service, Spare } from '../service.ts';
import type { ControlConnection } from './control-connection.ts';
import { Door, type DoorMemory } from './door.ts';
import { failureReason } from './failure-reason.ts';
import { grantOf } from './grant.ts';
import { understand } from './handshake.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Grant, type Link, MOST_DIALLING, type WaitingClient } from './link.ts';
import { refused, warning } from './refusals.ts';
import { Spares } from './spares.ts';

/** What the protocol takes. */
const LONGEST_REASON = 512;

/** A relay takes 128 from one address that have not said who they are; others may be there as well. */
const MOST_DIALLING_TO_CONTROL = 64;

/** What `[NEW]` and `[TAKEN]` say. */
interface Arrival {
  ticket: string;
  client: ClientAddress;
}

export interface ExtendedContext {
  settings: Pick<AgentSettings, 'singlePort' | 'spares' | 'proxyProtocol'>;
  service: Service;
  doors: DoorMemory;
  notice: NoticeListener;
  tls: ConnectionOptions | undefined;
}

/** A registration of the extended protocol, once the handshake is over. */
export class ExtendedLink implements Link {
  readonly address: string;
  readonly grant: Grant;
  readonly #connection: ControlConnection;
  readonly #registered: Registered;
  readonly #context: ExtendedContext;
  readonly #door: Door;
  #onClient: (client: WaitingClient) => void = () => {};
  #heartbeat: Heartbeat | undefined;
  #spares: Spares | undefined;

  constructor(connection: ControlConnection, registered: Registered, context: ExtendedContext) {
    this.address = connection.address;
    this.grant = grantOf(registered, connection.host);
    this.#connection = connection;
    this.#registered = registered;
    this.#context = context;
    const { settings, doors, notice, tls } = context;
    const { backConnectPort: backConnect } = registered;
    const ports = { host: this.address, control: connection.port, backConnect, tls };
    this.#door = new Door(ports, settings.singlePort, doors, (shut) =>
      notice(
        'single-port',
        `Port ${shut} of the relay cannot be reached from here: clients are fetched by way of its control port instead. --single-port does so from the start.`,
      ),
    );
  }

  get mostDialling(): number {
    return this.#door.isSingle ? MOST_DIALLING_TO_CONTROL : MOST_DIALLING;
  }

  async serve(onClient: (client: WaitingClient) => void): Promise<never> {
    const connection = this.#connection;
    this.#onClient = onClient;
    this.#heartbeat = new Heartbeat(this.#registered, {
      beat: () => connection.send(formatMessage('PING')),
      silent: () => connection.end(connection.lost('it fell silent')),
    });
    this.#spares = this.#parkSpares();
    try {
      return await connection.each((line) => this.#heard(line));
    } finally {
      await this.#leave();
    }
  }

  pause(): void {
    this.#connection.pause();
    this.#heartbeat?.ignore();
    this.#spares?.pause();
  }

  resume(): void {
    this.#connection.resume();
    this.#heartbeat?.listen();
    this.#spares?.resume();
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
    this.#door.close();
    await this.#spares?.close();
  }

  #heard(line: string): void {
    const connection = this.#connection;
    this.#heartbeat?.heard();
    const message = understand(connection, line);
    if (message === undefined) return;
    switch (message.word) {
      case 'NEW':
        this.#arrived(message.body);
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

  #arrived({ ticket, client }: Arrival): void {
    const { registration } = this.#registered;
    const relay = this.#door.dial(formatMessage('TICKET', { registration, ticket }));
    this.#onClient({ from: { relay, door: this.#door }, ticket, preface: this.#preface(client) });
  }

  #preface(client: ClientAddress): Uint8Array | undefined {
    const { proxyProtocol } = this.#context.settings;
    if (proxyProtocol === undefined) return undefined;
    return proxyHeader(proxyProtocol, client, { address: this.address, port: this.grant.port });
  }

  #parkSpares(): Spares {
    const { registration, spareTicket: ticket, maxSpares } = this.#registered;
    const hello = formatMessage('SPARE', { registration, ticket });
    const { settings, service } = this.#context;
    return new Spares(Math.min(settings.spares, maxSpares), {
      open: () => service.park(this.#door.dial(hello)),
      onTaken: (spare, line) => this.#taken(spare, line),
      onLost: (spare, error) => this.#lost(spare, error),
    });
  }

  #taken(spare: Spare, line: string): void {
    const message = parseMessage(spareWords, line);
    if ('fault' in message) {
      spare.cut();
      this.#connection.end(this.#connection.nonsense(line));
      return;
    }
    const { ticket, client } = message.body;
    this.#onClient({ from: { spare }, ticket, preface: this.#preface(client) });
  }

  #lost({ relay }: Spare, error: unknown): 'again' | 'later' {
    const cause = error instanceof DialError ? error.cause : error;
    if (this.#door.detour(relay, cause) !== undefined) return 'again';
    this.#context.notice('spare-lost', relayUnreachable(relay, cause).message);
    return 'later';
  }
}
