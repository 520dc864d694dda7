import { createHash } from 'node:crypto';
import { parsePortRange } from '../../options/values.ts';
import type { BackConnectMessage } from '../../protocol/extended.ts';
import type { LineBuffer } from '../../protocol/line-buffer.ts';
import { drawKey } from '../../protocol/proof.ts';
import { faultOf } from '../access/limits.ts';
import { nameRefusal } from '../access/names.ts';
import { isExpired } from '../access/token-book.ts';
import type { TokenRights } from '../access/token-rights.ts';
import type { ControlConnection } from '../control-connection.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { Application } from '../reception/handshake.ts';
import { explained, type Refusal } from '../reception/refusal.ts';
import { AgentOpenings } from './agent-openings.ts';
import { ExtendedRegistration } from './extended-registration.ts';
import type { Site } from './site.ts';

/** Makes the registrations of agents, and gives them back to whoever has the key. */
export class AgentRegistrar {
  readonly #site: Site;
  readonly #openings: AgentOpenings;
  readonly #byKey = new Map<string, ExtendedRegistration>();

  constructor(site: Site) {
    this.#site = site;
    this.#openings = new AgentOpenings(site);
  }

  /** Takes over an agent's connection, with what came behind its last line, or tells why not. */
  async register(
    connection: ControlConnection,
    application: Application,
    lines: LineBuffer,
  ): Promise<Refusal | undefined> {
    const { request, rights } = application;
    const { name, group, limits, resume: key } = request;
    const fault = faultOf(limits);
    if (fault !== undefined) return { cause: fault.code, detail: fault.message, error: fault };
    const { secured } = connection;
    const muxed = connection.mux === undefined ? undefined : true;
    const lease = { name, group, token: rights?.name, secured, muxed, limits };
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
    registration.limit(this.#site.access.limitsFor(rights, limits), limits);
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
    if (!isHere || registration.info.secured !== connection.secured || connection.mux) {
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
    const { name, port, preferredPort } = request;
    const forbidden = nameRefusal(request, rights);
    if (forbidden !== undefined) return { cause: forbidden, detail: name };
    const range = request.ports === undefined ? undefined : parsePortRange(request.ports);
    if (request.ports !== undefined && range === undefined) return NO_RANGE;
    const wish = { port, ports: range, preferredPort };
    const key = drawKey();
    const lease = { ...terms, keyHash: hashOf(key) };
    const { address } = connection;
    const opened = await this.#open('registered', wish, lease, rights, address);
    if ('cause' in opened) return opened;
    await this.#site.leases.keep(opened.lease);
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
  #flawOf(lease: Lease): string | undefined {
    const { token, secured } = lease;
    const { access } = this.#site;
    if (secured !== (access.tls !== undefined)) return 'TLS was turned on or off';
    if (token === undefined)
      return access.tokenRequired ? 'it was made without a token' : undefined;
    const rights = access.findToken(token);
    if (rights === undefined || isExpired(rights)) return 'its token is good no longer';
    return nameRefusal(lease, rights);
  }

  /** Tells why not, if it cannot. */
  async #reopen(lease: Lease): Promise<string | undefined> {
    const { token, port } = lease;
    const rights = token === undefined ? undefined : this.#site.access.findToken(token);
    const opened = await this.#open('restored', { port }, lease, rights, '');
    if ('cause' in opened) return [opened.cause, opened.detail].filter(Boolean).join(': ');
    opened.expire();
    return undefined;
  }

  async #open(
    ...asked: Parameters<AgentOpenings['open']>
  ): Promise<ExtendedRegistration | Refusal> {
    const opened = await this.#openings.open(...asked);
    if ('cause' in opened) return opened;
    const { keyHash } = opened.lease;
    this.#byKey.set(keyHash, opened);
    void opened.ended.then(() => {
      this.#byKey.delete(keyHash);
      this.#site.leases.drop(keyHash);
    });
    return opened;
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

/** Whether a key is used as it was before: nobody gets a registration with it that is of another token, goes unencrypted, or fetches clients in another way. */
function isSame(lease: Lease, other: Omit<Lease, 'port' | 'keyHash'>): boolean {
  const { token, secured, muxed } = other;
  return lease.token === token && lease.secured === secured && lease.muxed === muxed;
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
