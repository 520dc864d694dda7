import { createHash } from 'node:crypto';
import type { Standing } from '../../directory/directory.ts';
import { parsePortRange } from '../../options/values.ts';
import type { BackConnectMessage } from '../../protocol/extended.ts';
import type { LineBuffer } from '../../protocol/line-buffer.ts';
import { drawKey } from '../../protocol/proof.ts';
import { faultOf } from '../access/limits.ts';
import { nameRefusal } from '../access/names.ts';
import type { PortWish } from '../access/ports.ts';
import { Quota } from '../access/quota.ts';
import { isExpired } from '../access/token-book.ts';
import type { TokenRights } from '../access/token-rights.ts';
import type { ControlConnection } from '../control-connection.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { Application } from '../reception/handshake.ts';
import { elsewhere, explained, type Refusal, refusalOfClaim } from '../reception/refusal.ts';
import { AgentOpenings } from './agent-openings.ts';
import { ExtendedRegistration } from './extended-registration.ts';
import type { Grant } from './grant.ts';
import { restoreLeases } from './restore-leases.ts';
import type { Site } from './site.ts';

/** Makes the registrations of agents, and gives them back to whoever has the key. */
export class AgentRegistrar {
  readonly #site: Site;
  readonly #openings: AgentOpenings;
  readonly #quota: Quota;
  readonly #byKey = new Map<string, ExtendedRegistration>();

  constructor(site: Site) {
    this.#site = site;
    this.#openings = new AgentOpenings(site);
    this.#quota = new Quota(site);
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
    const terms = { name, group, token: rights?.name, secured, muxed, limits };
    const arrival = { connection, application, terms, lines };
    const here = key === undefined ? undefined : this.#byKey.get(hashOf(key));
    if (key !== undefined && here !== undefined && isSame(here.lease, terms) && !here.ending) {
      return this.#resume(here, key, arrival);
    }
    // Whoever came now would have to leave at once.
    if (this.#site.directory.self.isDraining) return explained({ cause: 'shutdown' });
    const held = key === undefined ? undefined : this.#heldElsewhere(hashOf(key), terms);
    const refusal =
      key === undefined || held === undefined
        ? await this.#registerAnew(arrival)
        : await this.#adoptLease(held, key, arrival);
    return refusal && explained(refusal);
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
        if (cutsConnections) registration.exchange.cut('revoked');
      });
    }
  }

  /** Another member of the fleet has a lease that was here. */
  lose(keyHash: string, by: Standing<'lease'> | undefined): void {
    const registration = this.#byKey.get(keyHash);
    if (registration !== undefined) this.#openings.lose(registration, by);
  }

  /** Takes up the leases of an earlier process, all of them at once. */
  restore(): Promise<void> {
    return restoreLeases(this.#site, ({ port, ...lease }, rights) =>
      this.#open('restored', { port }, lease, rights, '', 'away'),
    );
  }

  async #resume(
    registration: ExtendedRegistration,
    key: string,
    { connection, application, terms, lines }: Arrival,
  ): Promise<Refusal | undefined> {
    const { access, leases, claims } = this.#site;
    const { rights, proof } = application;
    if (!registration.admits(connection.address)) return explained({ cause: 'key-shared' });
    registration.limit(access.limitsFor(rights, terms.limits), terms.limits);
    void leases.keep(registration.lease);
    claims.update(registration.lease);
    registration.goLive(connection, lines, { key, resumed: true, proof });
    return undefined;
  }

  async #registerAnew(arrival: Arrival): Promise<Refusal | undefined> {
    const { request, rights } = arrival.application;
    const wish = wishOf(request);
    if (wish === undefined) return NO_RANGE;
    const forbidden = nameRefusal(request, rights);
    if (forbidden !== undefined) return { cause: forbidden, detail: request.name };
    const full = this.#quota.refusal(rights);
    if (full !== undefined) return full;
    const { connection, terms } = arrival;
    const key = drawKey();
    const lease = { ...terms, keyHash: hashOf(key) };
    const opened = await this.#open('registered', wish, lease, rights, connection.address, 'here');
    if ('cause' in opened) return opened;
    const refused = await this.#site.claims.claim(opened.lease);
    if (refused?.refused === 'unreachable' && lease.name === undefined) {
      this.#site.claims.claimLater(opened.lease);
    } else if (refused !== undefined) {
      await opened.end('directory-away');
      return refusalOfClaim(refused);
    }
    const excess = await this.#quota.excess(rights, this.#site.claims.generationOf(lease.keyHash));
    if (excess !== undefined) {
      await opened.end('token-full');
      return excess;
    }
    await this.#site.leases.keep(opened.lease);
    return this.#welcome(opened, { key, resumed: false }, arrival);
  }

  /** The lease that goes with a key, if another member of the fleet has it, or had it last. */
  #heldElsewhere(keyHash: string, terms: Terms): Standing<'lease'> | undefined {
    const held = this.#site.claims.find(keyHash);
    if (held === undefined || !isSame(held.record, terms)) return undefined;
    return held.member.session === this.#site.directory.self.session ? undefined : held;
  }

  /** Takes up what another member of the fleet has had, or says who has it. */
  async #adoptLease(
    { id: keyHash, member, record }: Standing<'lease'>,
    key: string,
    arrival: Arrival,
  ): Promise<Refusal | undefined> {
    const { connection, application, terms } = arrival;
    const { rights, request } = application;
    const isLive = member.state === 'live' && record.moving !== true;
    // The claim waits until its member is to be heard of, since who has just died looks alive; now nobody is heard of.
    if (isLive && !this.#site.directory.isReachable) return elsewhere(member.name);
    const wish = wishOf({ ...request, preferredPort: record.port });
    if (wish === undefined) return NO_RANGE;
    const forbidden = nameRefusal(record, rights);
    if (forbidden !== undefined) return { cause: forbidden, detail: record.name };
    const lease = { ...terms, name: record.name, group: record.group, keyHash };
    const refused = await this.#site.claims.claim({ ...lease, port: record.port });
    if (refused !== undefined) return refusalOfClaim(refused);
    const opened = this.#opened(
      await this.#openings.openAdopted(wish, lease, rights, connection.address),
    );
    if ('cause' in opened) {
      // Its agent may get there what it cannot have here.
      await this.#site.claims.leave(keyHash).catch(() => {});
      this.#site.claims.drop(keyHash);
      return opened;
    }
    this.#site.claims.update(opened.lease);
    await this.#site.leases.keep(opened.lease);
    const unnamed = await this.#openings.adoptName(opened);
    if (unnamed !== undefined) {
      await opened.end('directory-away');
      return unnamed;
    }
    this.#site.emit('adopted', opened.info, member.name);
    return this.#welcome(opened, { key, resumed: true }, arrival);
  }

  /** An agent gets what was opened for it, unless that has ended meanwhile. */
  async #welcome(
    opened: ExtendedRegistration,
    grant: Omit<Grant, 'proof'>,
    { connection, application: { rights, proof }, lines }: Arrival,
  ): Promise<Refusal | undefined> {
    if (connection.isEnded && !grant.resumed) await opened.end('lost');
    // Who has the key comes back with it, and may have done so by now.
    else if (connection.isEnded && opened.state === 'held') opened.expire();
    if (rights !== undefined && !this.#isGood(rights)) await opened.end('revoked');
    if (connection.isEnded || opened.ending !== undefined) {
      return { cause: opened.ending === 'revoked' ? 'revoked' : 'shutdown' };
    }
    opened.goLive(connection, lines, { ...grant, proof });
    return undefined;
  }

  async #open(
    ...asked: Parameters<AgentOpenings['open']>
  ): Promise<ExtendedRegistration | Refusal> {
    return this.#opened(await this.#openings.open(...asked));
  }

  #opened(opened: ExtendedRegistration | Refusal): ExtendedRegistration | Refusal {
    if ('cause' in opened) return opened;
    const { keyHash } = opened.lease;
    this.#byKey.set(keyHash, opened);
    void opened.ended.then(() => {
      this.#byKey.delete(keyHash);
      this.#site.leases.drop(keyHash);
      void this.#giveUp(opened);
    });
    return opened;
  }

  /** What is left to others is not given back. */
  async #giveUp({ isLeft, lease: { keyHash } }: ExtendedRegistration): Promise<void> {
    const { claims } = this.#site;
    if (isLeft) await claims.leave(keyHash).catch(() => {});
    claims.drop(keyHash);
  }

  /** Whether a token is still what it was. */
  #isGood(rights: TokenRights): boolean {
    const now = this.#site.access.findToken(rights.name);
    return now?.token === rights.token && !isExpired(now);
  }
}

/** An agent that is to be registered. */
interface Arrival {
  connection: ControlConnection;
  application: Application;
  terms: Terms;
  lines: LineBuffer;
}

/** What a lease is to be good for. */
type Terms = Omit<Lease, 'port' | 'keyHash'>;

const NO_RANGE: Refusal = {
  cause: 'bad-message',
  detail: 'ports',
  error: { code: 'bad-message', message: 'ports: it is not "<from>-<to>"' },
};

/** Undefined where the range is none. */
function wishOf({ port, ports, preferredPort }: Application['request']): PortWish | undefined {
  const range = ports === undefined ? undefined : parsePortRange(ports);
  return ports !== undefined && range === undefined
    ? undefined
    : { port, ports: range, preferredPort };
}

/** Whether a key is used as it was before: nobody gets a registration with it that is of another token, goes unencrypted, or fetches clients in another way. */
function isSame(lease: Omit<Lease, 'keyHash'>, other: Terms): boolean {
  const { token, secured, muxed } = other;
  return lease.token === token && lease.secured === secured && lease.muxed === muxed;
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
