import { AddressList } from '../../data-plane/address-list.ts';
import type { ClientLimits, TlsSource } from '../../data-plane/data-plane.ts';
import type { RelayError } from '../../errors.ts';
import type { BrokerSettings } from '../../options/broker-options.ts';
import { limitsOf } from '../../options/limit-options.ts';
import { type PortRange, parseList, parsePortRange } from '../../options/values.ts';
import { Certificates } from './certificates.ts';
import { type BrokerLimits, type Limits, strictest } from './limits.ts';
import { TokenBook, type TokenObserver } from './token-book.ts';
import type { TokenRights } from './token-rights.ts';

/** What the options say by themselves. */
interface Rules {
  ports: readonly PortRange[] | undefined;
  limits: BrokerLimits;
  /** Blocks that registrants without token and TLS have to come from. */
  unprovenFrom: readonly string[];
  unproven: AddressList;
}

/** What the options' files say, at the moment. */
interface Files {
  tokens: TokenBook | undefined;
  certificates: Certificates | undefined;
}

/** Who may do what here: what the options and their files say at the moment. */
export class Access {
  /** What registrations are encrypted with, if they have to be. */
  readonly tls: TlsSource | undefined;
  /** What clients' connections are encrypted with, if they have to be. */
  readonly clientTls: TlsSource | undefined;
  readonly #observer: TokenObserver;
  #rules: Rules;
  #files: Files;

  private constructor(settings: BrokerSettings, files: Files, observer: TokenObserver) {
    this.#observer = observer;
    this.#rules = rulesOf(settings);
    this.#files = files;
    if (files.certificates === undefined) return;
    // What is open asks each time, and gets what there is by then.
    this.tls = () => sourcesOf(this.#files).agents();
    if (settings.clientTls) this.clientTls = () => sourcesOf(this.#files).clients();
  }

  /** Rejects with a RelayError, `E_TOKENS` or `E_TLS`, when a file cannot be used. */
  static async open(settings: BrokerSettings, observer: TokenObserver): Promise<Access> {
    return new Access(settings, await openFiles(settings, observer), observer);
  }

  /**
   * Goes by other settings from now on, of which neither whether it takes a token to register nor whether that is
   * encrypted differs. Rejects as {@link Access.open} does, and then all is as before.
   *
   * @param isWanted - asked once the files have been read
   */
  async change(settings: BrokerSettings, isWanted: () => boolean): Promise<void> {
    const files = await openFiles(settings, this.#observer);
    if (!isWanted()) return close(files);
    const before = this.#files;
    this.#rules = rulesOf(settings);
    this.#files = files;
    before.certificates?.close();
    if (before.tokens !== undefined) files.tokens?.replace(before.tokens);
  }

  /** Client ports of everybody whose token does not say otherwise; all that are not privileged when undefined. */
  get ports(): readonly PortRange[] | undefined {
    return this.#rules.ports;
  }

  get limits(): BrokerLimits {
    return this.#rules.limits;
  }

  /** The addresses and blocks that registrants without token and TLS have to come from; anybody's when undefined. */
  get unprovenFrom(): readonly string[] | undefined {
    const isClosed = this.tokenRequired || this.tls !== undefined;
    return isClosed ? this.#rules.unprovenFrom : undefined;
  }

  /** Whether a registrant at this address may do without token and TLS. */
  admitsAnybodyAt(address: string): boolean {
    return this.unprovenFrom === undefined || this.#rules.unproven.has(address);
  }

  /** Whether it takes a token to register. */
  get tokenRequired(): boolean {
    return this.#files.tokens !== undefined;
  }

  /** What the clients of a registration are held to. */
  limitsFor(rights: TokenRights | undefined, asked: Limits): ClientLimits {
    return strictest(this.limits, rights?.limits ?? {}, asked);
  }

  /** Those that are expired included. */
  findToken(name: string): TokenRights | undefined {
    return this.#files.tokens?.find(name);
  }

  close(): void {
    close(this.#files);
  }
}

function rulesOf(settings: BrokerSettings): Rules {
  const { allowBasic, ports, maxClients: clients, maxWaiting: waiting } = settings;
  const range = ports === undefined ? undefined : parsePortRange(ports);
  const unprovenFrom = allowBasic === undefined ? [] : parseList(allowBasic);
  return {
    ports: range && [range],
    limits: { ...limitsOf(settings), clients, waiting },
    unprovenFrom,
    unproven: new AddressList(unprovenFrom),
  };
}

/** The tokens last: what they say may be acted on as soon as they are open. */
async function openFiles(settings: BrokerSettings, observer: TokenObserver): Promise<Files> {
  const { tokens: file, tlsCert, tlsPfx } = settings;
  const isSecured = tlsCert !== undefined || tlsPfx !== undefined;
  const failed = (error: RelayError) => observer.failed(error);
  const certificates = isSecured ? await Certificates.open(settings, failed) : undefined;
  try {
    const tokens = file === undefined ? undefined : await TokenBook.open(file, observer);
    return { tokens, certificates };
  } catch (error) {
    certificates?.close();
    throw error;
  }
}

function close({ tokens, certificates }: Files): void {
  tokens?.close();
  certificates?.close();
}

function sourcesOf({ certificates }: Files): Pick<Certificates, 'agents' | 'clients'> {
  if (certificates === undefined) throw new Error('TLS cannot be turned off');
  return certificates;
}
