import { AddressList } from '../../data-plane/address-list.ts';
import type { ClientLimits, TlsSource } from '../../data-plane/data-plane.ts';
import type { BrokerSettings } from '../../options/broker-options.ts';
import { limitsOf } from '../../options/limit-options.ts';
import { type PortRange, parseBlocks, parsePortRange } from '../../options/values.ts';
import { Certificates } from './certificates.ts';
import { type BrokerLimits, type Limits, strictest } from './limits.ts';
import { TokenBook, type TokenObserver } from './token-book.ts';
import type { TokenRights } from './token-rights.ts';

/** Who may do what here: what the options and their files say at the moment. */
export class Access {
  /** Client ports of everybody whose token does not say otherwise; all that are not privileged when undefined. */
  readonly ports: readonly PortRange[] | undefined;
  readonly limits: BrokerLimits;
  /** What registrations are encrypted with, if they have to be. */
  readonly tls: TlsSource | undefined;
  /** What clients' connections are encrypted with, if they have to be. */
  readonly clientTls: TlsSource | undefined;
  /** The addresses and blocks that registrants without token and TLS have to come from; anybody's when undefined. */
  readonly unprovenFrom: readonly string[] | undefined;
  readonly #unproven: AddressList;
  readonly #tokens: TokenBook | undefined;
  readonly #certificates: Certificates | undefined;

  private constructor(
    settings: BrokerSettings,
    tokens: TokenBook | undefined,
    certificates: Certificates | undefined,
  ) {
    const { allowBasic, ports } = settings;
    const range = ports === undefined ? undefined : parsePortRange(ports);
    this.ports = range && [range];
    const { maxClients: clients, maxWaiting: waiting } = settings;
    this.limits = { ...limitsOf(settings), clients, waiting };
    this.tls = certificates?.agents;
    this.clientTls = settings.clientTls ? certificates?.clients : undefined;
    this.#tokens = tokens;
    this.#certificates = certificates;
    const isClosed = this.tokenRequired || this.tls !== undefined;
    const blocks = allowBasic === undefined ? [] : parseBlocks(allowBasic);
    this.unprovenFrom = isClosed ? blocks : undefined;
    this.#unproven = new AddressList(blocks);
  }

  /** Rejects with a RelayError, `E_TOKENS` or `E_TLS`, when a file cannot be used. */
  static async open(settings: BrokerSettings, observer: TokenObserver): Promise<Access> {
    const { tokens: file, tlsCert, tlsPfx } = settings;
    const tokens = file === undefined ? undefined : await TokenBook.open(file, observer);
    if (tlsCert === undefined && tlsPfx === undefined)
      return new Access(settings, tokens, undefined);
    try {
      const certificates = await Certificates.open(settings, (error) => observer.failed(error));
      return new Access(settings, tokens, certificates);
    } catch (error) {
      tokens?.close();
      throw error;
    }
  }

  /** Whether a registrant at this address may do without token and TLS. */
  admitsAnybodyAt(address: string): boolean {
    return this.unprovenFrom === undefined || this.#unproven.has(address);
  }

  /** Whether it takes a token to register. */
  get tokenRequired(): boolean {
    return this.#tokens !== undefined;
  }

  /** What the clients of a registration are held to. */
  limitsFor(rights: TokenRights | undefined, asked: Limits): ClientLimits {
    return strictest(this.limits, rights?.limits ?? {}, asked);
  }

  /** Those that are expired included. */
  findToken(name: string): TokenRights | undefined {
    return this.#tokens?.find(name);
  }

  close(): void {
    this.#tokens?.close();
    this.#certificates?.close();
  }
}
