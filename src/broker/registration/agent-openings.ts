import type { ClaimRefusal, Standing } from '../../directory/directory.ts';
import type { BrokerSettings } from '../../options/broker-options.ts';
import { choosePort, type PortChoice, type PortWish } from '../access/ports.ts';
import type { TokenRights } from '../access/token-rights.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { NameRefusal, NameTerms } from '../names/names.ts';
import type { Whereabouts } from '../names/place.ts';
import type { Seat } from '../names/seat.ts';
import { SharedPorts } from '../names/shared-ports.ts';
import { type Refusal, refusalOfClaim } from '../reception/refusal.ts';
import { exchangeSettings, planeFor } from './exchange-settings.ts';
import { ExtendedRegistration } from './extended-registration.ts';
import type { Terms } from './grant.ts';
import type { Opening } from './opening.ts';
import type { Claim } from './registry.ts';
import type { Site } from './site.ts';

/** Opens the registrations of agents: on a port, alone or shared, and with a name, if they are to have one. */
export class AgentOpenings {
  readonly #site: Site;
  readonly #sharedPorts: SharedPorts;

  constructor(site: Site) {
    this.#site = site;
    this.#sharedPorts = new SharedPorts(site.settings.host, site.budget, site.inheritance);
  }

  /**
   * Opens one without an agent, or tells why not.
   *
   * @param rights - of its token
   * @param address - where its agent is, if one is here
   * @param whereabouts - of its agent
   */
  async open(
    event: Claim['event'],
    wish: PortWish,
    lease: Omit<Lease, 'port'>,
    rights: TokenRights | undefined,
    address: string,
    whereabouts: Whereabouts,
  ): Promise<ExtendedRegistration | Refusal> {
    const claim = { ports: this.#choosePort(wish, lease, rights), rights, event };
    const isKnown = event === 'restored';
    let opened: ExtendedRegistration | Refusal | undefined;
    const seat = await this.#claimName(lease, whereabouts, (by) => {
      if (opened !== undefined && !('cause' in opened)) this.lose(opened, by);
    });
    if (seat !== undefined && 'cause' in seat) return seat;
    opened = await this.#open(claim, { lease, address, seat, isKnown });
    if ('cause' in opened) seat?.release();
    return opened;
  }

  /** Opens what another member has had, and whose name that may still have: see {@link AgentOpenings.adoptName}. */
  openAdopted(
    wish: PortWish,
    lease: Omit<Lease, 'port'>,
    rights: TokenRights | undefined,
    address: string,
  ): Promise<ExtendedRegistration | Refusal> {
    const ports = this.#choosePort(wish, lease, rights);
    const claim = { ports, rights, event: 'registered' } as const;
    return this.#open(claim, { lease, address, seat: undefined, isKnown: true });
  }

  /** Claims its name, when all else is there: other members send clients as soon as they hear of that. */
  async adoptName(opened: ExtendedRegistration): Promise<Refusal | undefined> {
    const seat = await this.#claimName(opened.lease, 'here', (by) => this.lose(opened, by));
    if (seat !== undefined && 'cause' in seat) return seat;
    if (seat !== undefined) opened.take(seat);
    return undefined;
  }

  /** Ends one that another member of the fleet has by now. */
  lose(registration: ExtendedRegistration, by: Standing | undefined): void {
    const to = by?.member.name;
    if (registration.ending !== undefined) return;
    this.#site.emit('claimLost', registration.info, by?.kind ?? 'lease', to);
    void registration.endElsewhere('claim-lost', to);
  }

  /** Undefined where it is to have none. */
  async #claimName(
    lease: Omit<Lease, 'port'>,
    whereabouts: Whereabouts,
    lost: NameTerms['lost'],
  ): Promise<Seat | Refusal | undefined> {
    const { name } = lease;
    if (name === undefined) return undefined;
    const heir = heirOf(lease);
    const isShared = groupOf(lease) !== undefined;
    const seat = await this.#site.names.claim(name, { heir, isShared, whereabouts, lost });
    return 'refused' in seat ? refusalOfName(seat, name, heir) : seat;
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
    whose: Pick<Opening, 'lease' | 'address' | 'seat' | 'isKnown'>,
  ): Promise<ExtendedRegistration | Refusal> {
    const { settings, access, planes, registry, inheritance, node, emit } = this.#site;
    const { lease } = whose;
    const { secured, muxed = false } = lease;
    const terms = termsOf(settings);
    const group = groupOf(lease);
    const limits = access.limitsFor(claim.rights, lease.limits);
    return registry.open(claim, async (id, port = 0) => {
      const share = group === undefined ? undefined : this.#sharedPorts.share(port, group);
      const inherits = share === undefined && inheritance.has('client', port) ? port : undefined;
      const own = {
        clientPort: (share ?? inherits) === undefined ? port : undefined,
        pairing: 'ticket',
        backConnectFrom: undefined,
        limits,
        secured: secured && !muxed,
        backConnectPort: muxed ? undefined : 0,
      } as const;
      const exchange = exchangeSettings(settings, access, own);
      const plane = planeFor(exchange, planes, muxed);
      const opening = { ...whose, id, settings: exchange, share, inherits, node };
      const opened = await ExtendedRegistration.open(opening, plane, terms, emit);
      if (inherits !== undefined) {
        inheritance.defer('client', inherits, (clients) => opened.exchange.acceptFrom({ clients }));
      }
      return opened;
    });
  }
}

function termsOf({ advertise: host, domain, lease, heartbeat }: BrokerSettings): Terms {
  return { host, domain, lease, heartbeat };
}

/** Who shares names and ports: those with the same token that say so. */
function groupOf({ group = false, token }: Pick<Lease, 'group' | 'token'>): string | undefined {
  return group ? token : undefined;
}

/** Who may take its name with it: whoever has its key, or anybody of its group. */
function heirOf(lease: Omit<Lease, 'port'>): string {
  const group = groupOf(lease);
  return group === undefined ? lease.keyHash : `group ${group}`;
}

/** A group is together at one member of the fleet: whoever belongs to it has to go there. */
function refusalOfName(refusal: NameRefusal, name: string, heir: string): Refusal {
  const { refused, by } = { by: undefined, ...refusal };
  const isOurs = by?.kind === 'name' && 'heir' in by.record && by.record.heir === heir;
  if (refused === 'taken' && !isOurs) return { cause: 'name-taken', detail: name };
  return refusalOfClaim(refusal as ClaimRefusal);
}
