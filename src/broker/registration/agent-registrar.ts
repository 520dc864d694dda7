import { createHash } from 'node:crypto';
import type { ClientLimits } from '../../data-plane/data-plane.ts';
import { parsePortRange } from '../../options/values.ts';
import type { BackConnectMessage } from '../../protocol/extended.ts';
import type { LineBuffer } from '../../protocol/line-buffer.ts';
import { drawKey } from '../../protocol/proof.ts';
import { faultOf, strictest } from '../access/limits.ts';
import { choosePort } from '../access/ports.ts';
import { isExpired } from '../access/token-book.ts';
import type { TokenRights } from '../access/token-rights.ts';
import type { ControlConnection } from '../control-connection.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { Application } from '../reception/handshake.ts';
import { explained, type Refusal } from '../reception/refusal.ts';
import { exchangeSettings, planeFor } from './exchange-settings.ts';
import { ExtendedRegistration } from './extended-registration.ts';
import type { Terms } from './grant.ts';
import type { Claim } from './registry.ts';
import type { Site } from './site.ts';

/** Makes the registrations of agents, and gives them back to whoever has the key. */
export class AgentRegistrar {
  readonly #site: Site;
  readonly #terms: Terms;
  readonly #byKey = new Map<string, ExtendedRegistration>();

  constructor(site: Site) {
    const { advertise: host, lease, heartbeat } = site.settings;
    this.#site = site;
    this.#terms = { host, lease, heartbeat };
  }

  /** Takes over an agent's connection, with what came behind its last line, or tells why not. */
  async register(
    connection: ControlConnection,
    application: Application,
    lines: LineBuffer,
  ): Promise<Refusal | undefined> {
    const { request, rights } = application;
    const fault = faultOf(request.limits);
    if (fault !== undefined) return { cause: fault.code, detail: fault.message, error: fault };
    const lease = { token: rights?.name, secured: connection.secured, limits: request.limits };
    const { resume: key } = request;
    const registration = key === undefined ? undefined : this.#byKey.get(hashOf(key));
    if (
      key === undefined ||
      registration === undefined ||
      !isSame(registration.lease, lease) ||
      registration.ending !== undefined
    ) {
      const refusal = await this.#registerAnew(connection, application, lease, lines);
      return refusal && explained(refusal);
    }
    if (!registration.admits(connection.address)) return explained({ cause: 'key-shared' });
    registration.limit(this.#limits(rights, lease), lease.limits);
    void this.#site.leases.keep(registration.lease);
    registration.goLive(connection, lines, { key, resumed: true, proof: application.proof });
    return undefined;
  }

  /** Takes over a back-connect, with what came behind its first line, or tells why not. */
  adopt(
    connection: ControlConnection,
    { word, body: { registration: id, ticket } }: BackConnectMessage,
    rest: Buffer,
  ): Refusal | undefined {
    const registration = this.#site.registry.find(id);
    const isHere =
      registration instanceof ExtendedRegistration && registration.ending === undefined;
    if (!isHere || registration.info.secured !== connection.secured) {
      return { cause: 'back-connect' };
    }
    registration.exchange.adopt(connection.release(), { word, ticket }, rest);
    return undefined;
  }

  /** Ends what was made with a token that is good no longer. */
  withdraw({ name, cutsConnections }: TokenRights): void {
    for (const registration of this.#site.registry.all()) {
      if (registration.info.token !== name) continue;
      void registration.end('revoked').then(() => {
        if (cutsConnections) registration.exchange.cut();
      });
    }
  }

  /** Takes up the leases of an earlier process, all of them at once. */
  async restore(): Promise<void> {
    await Promise.all(this.#site.leases.all().map((lease) => this.#restore(lease)));
  }

  async #registerAnew(
    connection: ControlConnection,
    { request, rights, proof }: Application,
    terms: Omit<Lease, 'port' | 'keyHash'>,
    lines: LineBuffer,
  ): Promise<Refusal | undefined> {
    const { access, registry, leases } = this.#site;
    const { port, preferredPort } = request;
    const range = request.ports === undefined ? undefined : parsePortRange(request.ports);
    if (request.ports !== undefined && range === undefined) return NO_RANGE;
    const wish = { port, ports: range, preferredPort };
    const ports = choosePort(wish, rights?.ports ?? access.ports, registry.ports);
    const key = drawKey();
    const lease = { ...terms, keyHash: hashOf(key) };
    const claim = { ports, rights, event: 'registered' } as const;
    const opened = await this.#open(claim, lease, connection.address);
    if ('cause' in opened) return opened;
    await leases.keep(opened.lease);
    if (connection.isEnded) await opened.end('lost');
    if (rights !== undefined && !this.#isGood(rights)) await opened.end('revoked');
    if (opened.ending !== undefined) {
      return { cause: opened.ending === 'revoked' ? 'revoked' : 'shutdown' };
    }
    opened.goLive(connection, lines, { key, resumed: false, proof });
    return undefined;
  }

  async #restore(lease: Lease): Promise<void> {
    const reason = this.#flawOf(lease) ?? (await this.#reopen(lease));
    if (reason === undefined) return;
    this.#site.leases.drop(lease.keyHash);
    this.#site.emit('leaseLost', lease.port, reason);
  }

  /** Why no agent could take this lease up again, if none could. */
  #flawOf({ token, secured }: Lease): string | undefined {
    const { access } = this.#site;
    if (secured !== (access.tls !== undefined)) return 'TLS was turned on or off';
    if (token === undefined)
      return access.tokenRequired ? 'it was made without a token' : undefined;
    const rights = access.findToken(token);
    return rights === undefined || isExpired(rights) ? 'its token is good no longer' : undefined;
  }

  /** Tells why not, if it cannot. */
  async #reopen(lease: Lease): Promise<string | undefined> {
    const { access, registry } = this.#site;
    const rights = lease.token === undefined ? undefined : access.findToken(lease.token);
    const allowed = rights?.ports ?? access.ports;
    const ports = choosePort({ port: lease.port }, allowed, registry.ports);
    const opened = await this.#open({ ports, rights, event: 'restored' }, lease, '');
    if ('cause' in opened) return opened.detail ?? opened.cause;
    opened.expire();
    return undefined;
  }

  async #open(
    claim: Claim,
    lease: Omit<Lease, 'port'>,
    address: string,
  ): Promise<ExtendedRegistration | Refusal> {
    const { settings, access, planes, registry, leases, emit } = this.#site;
    const { secured } = lease;
    const limits = this.#limits(claim.rights, lease);
    const opened = await registry.open(claim, (id, clientPort) => {
      const own = {
        clientPort,
        pairing: 'ticket',
        backConnectFrom: undefined,
        limits,
        secured,
      } as const;
      const exchange = exchangeSettings(settings, access, own);
      const plane = planeFor(exchange, planes);
      const opening = { id, lease, settings: exchange, address };
      return ExtendedRegistration.open(opening, plane, this.#terms, emit);
    });
    if ('cause' in opened) return opened;
    this.#byKey.set(lease.keyHash, opened);
    void opened.ended.then(() => {
      this.#byKey.delete(lease.keyHash);
      leases.drop(lease.keyHash);
    });
    return opened;
  }

  #limits(rights: TokenRights | undefined, { limits }: Pick<Lease, 'limits'>): ClientLimits {
    return strictest(this.#site.access.limits, rights?.limits ?? {}, limits);
  }

  /** Whether a token is still what it was. */
  #isGood(rights: TokenRights): boolean {
    const now = this.#site.access.findToken(rights.name);
    return now?.token === rights.token && !isExpired(now);
  }
}

const NO_RANGE: Refusal = {
  cause: 'bad-message',
  detail: 'ports',
  error: { code: 'bad-message', message: 'ports: it is not "<from>-<to>"' },
};

/** Whether a key is used as it was before: nobody gets a registration with it that is of another token, or goes unencrypted. */
function isSame(lease: Lease, other: Omit<Lease, 'port' | 'keyHash'>): boolean {
  return lease.token === other.token && lease.secured === other.secured;
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
