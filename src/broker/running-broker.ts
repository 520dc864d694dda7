import type { LiveConnection } from '../data-plane/data-plane.ts';
import { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import { openDataPlane } from '../data-plane/open-data-plane.ts';
import { createPortableDataPlane } from '../data-plane/portable/portable-data-plane.ts';
import { Reception } from '../doorstep/reception.ts';
import { dataPlaneFailed, RelayError, reasonOf } from '../errors.ts';
import type { ForwardedConnection } from '../links/forwarding.ts';
import type { BrokerSettings } from '../options/broker-options.ts';
import { Access } from './access/access.ts';
import { openDoors } from './doors/doors.ts';
import { Ending, type EndingParts } from './ending.ts';
import { estateOf } from './estate.ts';
import type { EmitBrokerEvent, HandoverProgress } from './events.ts';
import { openDirectory } from './fleet/open-directory.ts';
import type { FleetReport } from './fleet/status.ts';
import type { Inheritance } from './inheritance.ts';
import { LeaseStore } from './leases/lease-store.ts';
import type { Host, VisitorPolicy } from './reception/host.ts';
import { Listener } from './reception/listener.ts';
import { Visitor } from './reception/visitor.ts';
import { AgentRegistrar } from './registration/agent-registrar.ts';
import { hostNameOf } from './registration/grant.ts';
import { registerBasic, registerMux } from './registration/register-basic.ts';
import { Registry } from './registration/registry.ts';
import { relimit } from './registration/relimit.ts';
import type { Site } from './registration/site.ts';
import type { BrokerStatus, RegistrationStatus } from './status.ts';
import { Succession } from './takeover/successor.ts';
import { Successors } from './takeover/successors.ts';
import type { Tally } from './tally.ts';

interface Parts extends EndingParts {
  site: Site;
}

/** What a broker consists of, from its start to its end. */
export class RunningBroker {
  readonly at: Listener['at'];
  readonly #parts: Parts;
  readonly #emit: EmitBrokerEvent;
  readonly #started = new Date();
  readonly #ending: Ending;
  #successors: Successors | undefined;
  #isClosing = false;
  #end: Promise<void> | undefined;

  private constructor(parts: Parts, emit: EmitBrokerEvent) {
    this.at = parts.listener.at;
    this.#parts = parts;
    this.#emit = emit;
    this.#ending = new Ending(parts, emit);
  }

  /** Rejects with a RelayError and leaves nothing open. */
  static async open(
    settings: BrokerSettings,
    inheritance: Inheritance,
    emit: EmitBrokerEvent,
  ): Promise<RunningBroker> {
    const opened: { close(): unknown }[] = [inheritance];
    const owned = <Part extends { close(): unknown }>(part: Part) => {
      opened.push(part);
      return part;
    };
    let agents: AgentRegistrar | undefined;
    try {
      const { plane, reason } = await openDataPlane(settings, {
        warning: (warning) => emit('warning', warning),
        failed: (error) => emit('error', dataPlaneFailed(error)),
      });
      owned(plane);
      let whole: Site | undefined;
      const access = await Access.open(settings, {
        changed: () => whole && relimit(whole),
        withdrawn: (rights) => agents?.withdraw(rights),
        failed: (error) => emit('reloadFailed', error),
      });
      owned(access);
      const budget = DescriptorBudget.ofProcess();
      const before = settings.takeover ? owned(await succeed(settings, emit)) : undefined;
      inheritance.add(before?.listeners ?? []);
      const { maxRegistrations } = settings;
      const registry = owned(new Registry(maxRegistrations, budget, emit, before?.lastId));
      const unwritten = (error: RelayError) => emit('stateFailed', error);
      const leases = owned(await LeaseStore.open(settings.state, unwritten, before?.leases));
      const planes = { chosen: plane, portable: createPortableDataPlane() };
      const shared = owned(
        await openDirectory(
          { settings, budget, emit },
          {
            patience: () => site.settings.pairTimeout * 1000,
            lost: (keyHash, by) => agents?.lose(keyHash, by),
          },
        ),
      );
      const { fleet, directory, node, names, guide, claims } = shared;
      const means = { settings, access, planes, registry, leases, budget, inheritance, emit };
      const site: Site = { ...means, directory, node, names, guide, claims };
      whole = site;
      agents = new AgentRegistrar(site);
      await agents.restore();
      const doors = owned(await openDoors(site));
      const host = hostOf(site, agents);
      const reception = new Reception<Visitor>(budget, {
        received: (socket, left, heard) => new Visitor(socket, policyOf(site), host, left, heard),
        refused: (address) => host.refused(address, { cause: 'descriptors' }),
      });
      const descriptor = inheritance.take('control', settings.port);
      const at = descriptor === undefined ? settings : { descriptor };
      const listener = await Listener.open('control', at, (socket) => reception.receive(socket));
      owned({
        close() {
          const shut = listener.close();
          reception.cut();
          return shut;
        },
      });
      await inheritance.settle();
      await before?.serving();
      emit('dataPlane', plane.name, reason);
      fleet?.serve({ registry, names, guide, claims });
      const parts = { plane, access, leases, registry, reception, listener, doors, site, fleet };
      const running = new RunningBroker(parts, emit);
      await running.#awaitSuccessor();
      return running;
    } catch (error) {
      for (const part of opened.reverse()) await part.close();
      throw error;
    }
  }

  /** Resolves when every thread has answered. */
  answers(): Promise<void> {
    return this.#parts.plane.answers();
  }

  /** Goes by other settings from now on, see {@link planReload}. Rejects with a RelayError, and then all is as before. */
  async reload(settings: BrokerSettings): Promise<void> {
    const { access, registry, site } = this.#parts;
    await access.change(settings, () => !this.#isClosing);
    if (this.#isClosing) {
      throw new RelayError('E_NOT_RUNNING', 'The broker is being closed. Start another one.');
    }
    site.settings = settings;
    registry.bound(settings.maxRegistrations);
    relimit(site);
  }

  /** All that is to be known of it but what a {@link Tally} counts. */
  status(): Omit<BrokerStatus, keyof Tally> {
    const { plane, registry } = this.#parts;
    const registrations = { live: 0, parked: 0, held: 0, draining: 0 };
    for (const { state } of registry.all()) registrations[state] += 1;
    return {
      state: this.#isClosing ? 'draining' : 'serving',
      started: this.#started,
      at: this.at,
      dataPlane: { name: plane.name, threads: plane.threads },
      registrations,
      counters: registry.counters,
      descriptors: DescriptorBudget.usage(),
    };
  }

  /** Undefined for a broker that is alone. */
  get fleet(): FleetReport | undefined {
    return this.#parts.fleet?.report;
  }

  /** Undefined for a broker that is alone. */
  forwarded(): ForwardedConnection[] | undefined {
    return this.#parts.fleet?.connections();
  }

  registrations(): RegistrationStatus[] {
    const { advertise: host, domain } = this.#parts.site.settings;
    return this.#parts.registry.list().map(({ registration, since }) => {
      const { info, state, leaseEnds, exchange } = registration;
      const hostName = hostNameOf(info.name, domain);
      return { info, state, since, leaseEnds, host, hostName, counters: exchange.counters() };
    });
  }

  async connections(registration: number): Promise<LiveConnection[] | undefined> {
    return this.#parts.registry.find(registration)?.exchange.connections();
  }

  /** See {@link Broker.endConnection}. */
  async endConnection(registration: number, connection: number): Promise<boolean> {
    const exchange = this.#parts.registry.find(registration)?.exchange;
    const isHere = (await exchange?.connections())?.some(({ id }) => id === connection) ?? false;
    if (isHere) exchange?.cut('kicked', connection);
    return isHere;
  }

  /** See {@link Broker.endForwarded}. */
  async endForwarded(connection: number): Promise<boolean> {
    return this.#parts.fleet?.endConnection(connection) ?? false;
  }

  /** See {@link Broker.endRegistration}. */
  async endRegistration(id: number): Promise<boolean> {
    const registration = this.#parts.registry.find(id);
    if (registration === undefined) return false;
    if (registration.state === 'draining') registration.exchange.cut('kicked');
    else await registration.end('kicked');
    return true;
  }

  /**
   * Resolves when all relayed connections have ended.
   *
   * @param patience - milliseconds until {@link RunningBroker.cut}, if that is to come
   */
  close(patience: number): Promise<void> {
    this.#end ??= this.#begin(() => this.#ending.drain(patience));
    return this.#end;
  }

  /** Resets all relayed connections. Call after {@link RunningBroker.close}. */
  cut(): void {
    this.#ending.cut();
  }

  #begin(end: () => Promise<void>): Promise<void> {
    this.#isClosing = true;
    this.#successors?.close();
    return end();
  }

  /** From now on, another process may ask for the place of this one. */
  async #awaitSuccessor(): Promise<void> {
    const { host } = this.#parts.site.settings;
    const { port } = this.at;
    const tell = (progress: HandoverProgress) => this.#emit('handover', progress);
    const estate = estateOf(this.#parts, {
      isClosing: () => this.#isClosing,
      handedOver: () => this.#handedOver(),
    });
    try {
      this.#successors = await Successors.await({ host, port }, estate, tell);
    } catch (error) {
      tell({ stage: 'failed', reason: reasonOf(error) });
    }
  }

  #handedOver(): void {
    const { registry, site } = this.#parts;
    const drain = site.settings.drain * 1000;
    this.#end ??= this.#begin(() => this.#ending.leave(drain));
    this.#emit('handover', { stage: 'moved', connections: registry.paired });
  }
}

function succeed({ host, port }: BrokerSettings, emit: EmitBrokerEvent): Promise<Succession> {
  return Succession.ask({ host, port }, (progress) => emit('takeover', progress));
}

function policyOf({ settings, access }: Site): VisitorPolicy {
  const { tls, tokenRequired } = access;
  const findToken = (name: string) => access.findToken(name);
  return {
    helloWait: settings.helloWait,
    tls,
    tlsRequired: tls !== undefined,
    tokenRequired,
    findToken,
    mux: {
      keepAlive: { interval: settings.heartbeat * 1000, deadline: settings.heartbeat * 2000 },
      openDeadline: settings.pairTimeout * 1000,
    },
  };
}

function hostOf(site: Site, agents: AgentRegistrar): Host {
  let failures = 0;
  return {
    registerBasic: (connection) => registerBasic(site, connection),
    registerMux: (connection, mux) => registerMux(site, connection, mux),
    registerExtended: (connection, application, lines) =>
      agents.register(connection, application, lines),
    adopt: (connection, hello, rest) => agents.adopt(connection, hello, rest),
    refused: (address, { cause, detail = '' }) => site.emit('refused', address, cause, detail),
    denied(address, name) {
      failures += 1;
      site.emit('authenticationFailed', address, name, failures);
    },
  };
}
