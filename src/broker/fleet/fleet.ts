import type { ClientBeginning, StreamSocket } from '../../data-plane/data-plane.ts';
import type { DescriptorBudget } from '../../data-plane/descriptor-budget.ts';
import { FleetDirectory } from '../../directory/fleet-directory.ts';
import type { Member } from '../../directory/member.ts';
import { NatsStore } from '../../directory/nats/nats-store.ts';
import { PATIENCE } from '../../directory/tenure/times.ts';
import type { RelayError } from '../../errors.ts';
import { type ForwardedConnection, Forwarding, type Passage } from '../../links/forwarding.ts';
import type { ForwardedClient, LinkHost, Links } from '../../links/links.ts';
import { openLinks } from '../../links/open-links.ts';
import type { BrokerSettings } from '../../options/broker-options.ts';
import { formatAddress } from '../../options/values.ts';
import type { EmitBrokerEvent } from '../events.ts';
import type { LeaseClaims } from '../leases/lease-claims.ts';
import type { Guide, Onward } from '../names/guide.ts';
import type { Names } from '../names/names.ts';
import type { Registry } from '../registration/registry.ts';
import type { FleetCounts } from './counts.ts';
import { Evacuation } from './evacuation.ts';
import { FleetReport } from './status.ts';

/** Milliseconds between two times at which the others are told how busy this broker is. */
const NEWS = 1000;

/** What a broker gives to its part in a fleet. */
export interface FleetMeans {
  settings: BrokerSettings;
  budget: DescriptorBudget;
  counts: FleetCounts;
  emit: EmitBrokerEvent;
}

/** What a member of a fleet serves with. */
interface Services {
  registry: Registry;
  names: Names;
  guide: Guide;
  claims: LeaseClaims;
}

/** A broker's part in a fleet: what it knows of the others, and does for them and with them. */
export class Fleet implements Onward {
  readonly directory: FleetDirectory;
  readonly #links: Links;
  readonly #forwarding: Forwarding;
  readonly #means: FleetMeans;
  #services: Services | undefined;
  #report: FleetReport | undefined;
  #news: NodeJS.Timeout | undefined;
  #eviction: NodeJS.Timeout | undefined;
  #stopWatching: () => void = () => {};
  #isDraining = false;

  /** Rejects with a RelayError, `E_LISTEN` or `E_DIRECTORY`, and leaves nothing open. */
  static async join(means: FleetMeans): Promise<Fleet> {
    const { settings, budget, emit } = means;
    const { advertise = '', clusterPort, lease } = settings;
    const name = formatAddress(advertise, settings.port);
    let joined: Fleet | undefined;
    const host: LinkHost = {
      serve: (client) => joined?.serveForwarded(client) ?? 'not-here',
      promise: (session) => joined?.directory.promise(session) ?? false,
    };
    const at = { name, host: settings.host, port: clusterPort };
    const memberOf = (other: string) =>
      joined?.directory.members().find((member) => member.name === other);
    const links = await openLinks(at, host, budget, memberOf);
    try {
      const report = (error: RelayError) => emit('directoryFailed', error);
      const store = await NatsStore.open(settings, report);
      const self = { name, link: { host: advertise, ...links.address } };
      const directory = await FleetDirectory.join(store, self, {
        lease,
        ask: (member, session, patience) => links.askPromise(member, session, patience),
        report,
      });
      joined = new Fleet(directory, links, means);
      emit('joined', settings.clusterName, name, links.address.port);
      return joined;
    } catch (error) {
      links.cut();
      await links.close();
      throw error;
    }
  }

  private constructor(directory: FleetDirectory, links: Links, means: FleetMeans) {
    const { settings, counts, emit } = means;
    this.directory = directory;
    this.#links = links;
    this.#means = means;
    this.#forwarding = new Forwarding(links, settings.halfCloseTimeout * 1000, {
      forwarding: (client) => counts.forwarding(client),
      forwarded: (client, record) => {
        counts.forwarded(client);
        emit('forwardEnded', directory.self.name, record);
      },
      notForwarded: ({ name }, why, detail) => {
        counts.notForwarded(why);
        emit('forwardFailed', name, why, detail);
      },
    });
  }

  /** From now on it takes part. To be called once. */
  serve(services: Services): void {
    const { directory } = this;
    const { settings, counts, emit } = this.#means;
    const { guide } = services;
    this.#services = services;
    this.#report = new FleetReport(
      {
        ...{ cluster: settings.clusterName, directory, counts },
        waiting: () => guide.waiting,
        isDialled: (member) => this.#links.isDialled(member),
      },
      emit,
    );
    this.#stopWatching = directory.watch({ tenure: (holds) => this.#heldOrNot(holds) });
    this.#news = setInterval(() => this.#tellNews(), NEWS);
    this.#tellNews();
  }

  get report(): FleetReport | undefined {
    return this.#report;
  }

  /** Clients that came here and are served by other members. */
  get forwarded(): number {
    return this.#forwarding.size;
  }

  /** The same, one by one. */
  connections(): ForwardedConnection[] {
    return this.#forwarding.connections();
  }

  /** Resets one of them. Answers whether there was such a one. */
  endConnection(id: number): boolean {
    return this.#forwarding.cut('kicked', id);
  }

  /** Milliseconds since anybody asked for a name here. */
  get quietFor(): number {
    return this.#services?.guide.quietFor ?? Number.POSITIVE_INFINITY;
  }

  /** Whether there are members for agents and clients to go to. */
  get hasOthers(): boolean {
    const { directory } = this;
    return directory
      .members()
      .some(
        ({ session, state, isDraining }) =>
          session !== directory.self.session && state === 'live' && !isDraining,
      );
  }

  /** Clients that are yet to get to where their name is. */
  get underWay(): number {
    return this.#services?.guide.underWay ?? 0;
  }

  forward(
    member: Member,
    name: string,
    client: StreamSocket,
    begun?: ClientBeginning,
  ): Promise<Passage> {
    return this.#forwarding.forward(member, name, client, begun);
  }

  /** Takes a client that came to another member: see {@link LinkHost.serve}. */
  serveForwarded({ name, client, greeting }: ForwardedClient): ReturnType<LinkHost['serve']> {
    const service = this.#services?.names.serviceHere(name);
    if (service === undefined) return 'not-here';
    if (!service.isAvailable) return 'away';
    return (stream) => service.enter(stream, { read: NOTHING, greeting, client });
  }

  /** Sends agents to the others. Resolves when they are on their way. */
  async evacuate(): Promise<void> {
    this.#isDraining = true;
    this.#tellNews();
    if (this.#services === undefined) return;
    const { registry, claims } = this.#services;
    const { emit } = this.#means;
    await new Evacuation({ directory: this.directory, registry, claims, emit }).run();
  }

  /** What is still here can be taken by the others. */
  async leave(): Promise<void> {
    clearInterval(this.#news);
    clearTimeout(this.#eviction);
    this.#stopWatching();
    this.#report?.close();
    await this.directory.leave();
  }

  /** Resolves when no client is forwarded any more, neither from here nor to here. Whoever waits to be is reset. */
  async close(): Promise<void> {
    this.#services?.guide.close();
    await this.leave();
    await Promise.all([this.#links.close(), this.#forwarding.finished()]);
  }

  /** Resets whoever is forwarded. */
  cut(): void {
    this.#forwarding.cut('drain');
    this.#links.cut();
  }

  #tellNews(): void {
    const { registry } = this.#services ?? {};
    const registrations = registry?.all().filter(({ state }) => state !== 'draining').length ?? 0;
    const connections = registry?.paired ?? 0;
    this.directory.tell({ load: { registrations, connections }, isDraining: this.#isDraining });
  }

  /** Whoever has a name here gets nowhere with it while others may have taken that: he is to look for another member. */
  #heldOrNot(holds: boolean): void {
    clearTimeout(this.#eviction);
    if (!holds) this.#eviction = setTimeout(() => this.#evict(), PATIENCE);
  }

  #evict(): void {
    for (const registration of this.#services?.registry.all() ?? []) {
      if (registration.info.name !== undefined) void registration.end('directory-away');
    }
  }
}

const NOTHING = new Uint8Array(0);
