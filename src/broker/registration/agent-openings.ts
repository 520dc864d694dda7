import { choosePort, type PortChoice, type PortWish } from '../access/ports.ts';
import type { TokenRights } from '../access/token-rights.ts';
import type { Lease } from '../leases/lease-file.ts';
import { Seat } from '../names/seat.ts';
import { SharedPorts } from '../names/shared-ports.ts';
import type { Refusal } from '../reception/refusal.ts';
import { exchangeSettings, planeFor } from './exchange-settings.ts';
import { ExtendedRegistration } from './extended-registration.ts';
import type { Terms } from './grant.ts';
import type { Claim } from './registry.ts';
import type { Site } from './site.ts';

/** Opens the registrations of agents: on a port, alone or shared, and with a name, if they are to have one. */
export class AgentOpenings {
  readonly #site: Site;
  readonly #terms: Terms;
  readonly #sharedPorts: SharedPorts;

  constructor(site: Site) {
    const { host, advertise, domain, lease, heartbeat } = site.settings;
    this.#site = site;
    this.#terms = { host: advertise, domain, lease, heartbeat };
    this.#sharedPorts = new SharedPorts(host, site.budget);
  }

  /**
   * Opens one without an agent, or tells why not.
   *
   * @param rights - of its token
   * @param address - where its agent is, if one is here
   */
  async open(
    event: Claim['event'],
    wish: PortWish,
    lease: Omit<Lease, 'port'>,
    rights: TokenRights | undefined,
    address: string,
  ): Promise<ExtendedRegistration | Refusal> {
    const { name } = lease;
    const claim = { ports: this.#choosePort(wish, lease, rights), rights, event };
    if (name === undefined) return this.#open(claim, lease, address);
    const seat = Seat.claim(this.#site.directory, name, groupOf(lease));
    if (seat === undefined) return { cause: 'name-taken', detail: name };
    const opened = await this.#open(claim, lease, address);
    if ('cause' in opened) {
      seat.release();
    } else {
      seat.give(opened);
      void opened.ended.then(() => seat.release());
    }
    return opened;
  }

  /** A port that others of its group have is as good as free, if it is asked for. */
  #choosePort(
    wish: PortWish,
    lease: Omit<Lease, 'port'>,
    rights: TokenRights | undefined,
  ): PortChoice {
    const { access, registry } = this.#site;
    const group = groupOf(lease);
    const isShared = (port: number) =>
      group !== undefined && wish.port === port && this.#sharedPorts.isOf(group, port);
    const taken = { has: (port: number) => registry.ports.has(port) && !isShared(port) };
    return choosePort(wish, rights?.ports ?? access.ports, taken);
  }

  #open(
    claim: Claim,
    lease: Omit<Lease, 'port'>,
    address: string,
  ): Promise<ExtendedRegistration | Refusal> {
    const { settings, access, planes, registry, emit } = this.#site;
    const { secured, muxed = false } = lease;
    const group = groupOf(lease);
    const limits = access.limitsFor(claim.rights, lease.limits);
    return registry.open(claim, (id, port = 0) => {
      const share = group === undefined ? undefined : this.#sharedPorts.share(port, group);
      const own = {
        clientPort: share === undefined ? port : undefined,
        pairing: 'ticket',
        backConnectFrom: undefined,
        limits,
        secured: secured && !muxed,
        backConnectPort: muxed ? undefined : 0,
      } as const;
      const exchange = exchangeSettings(settings, access, own);
      const plane = planeFor(exchange, planes, muxed);
      const opening = { id, lease, settings: exchange, share, address };
      return ExtendedRegistration.open(opening, plane, this.#terms, emit);
    });
  }
}

/** Who shares names and ports: those with the same token that say so. */
function groupOf({ group = false, token }: Pick<Lease, 'group' | 'token'>): string | undefined {
  return group ? token : undefined;
}
