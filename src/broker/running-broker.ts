import type { DataPlane } from '../data-plane/data-plane.ts';
import { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import { openDataPlane } from '../data-plane/open-data-plane.ts';
import { createPortableDataPlane } from '../data-plane/portable/portable-data-plane.ts';
import { dataPlaneFailed, type RelayError } from '../errors.ts';
import type { BrokerSettings } from '../options/broker-options.ts';
import { Access } from './access/access.ts';
import type { Door } from './doors/door.ts';
import { openDoors } from './doors/doors.ts';
import type { EmitBrokerEvent } from './events.ts';
import { LeaseStore } from './leases/lease-store.ts';
import { Directory } from './names/directory.ts';
import type { Host, VisitorPolicy } from './reception/host.ts';
import { type Listener, listen } from './reception/listener.ts';
import { Reception } from './reception/reception.ts';
import { Visitor } from './reception/visitor.ts';
import { AgentRegistrar } from './registration/agent-registrar.ts';
import { registerBasic, registerMux } from './registration/register-basic.ts';
import { Registry } from './registration/registry.ts';
import type { Site } from './registration/site.ts';

interface Parts {
  plane: DataPlane;
  access: Access;
  leases: LeaseStore;
  registry: Registry;
  reception: Reception<Visitor>;
  listener: Listener;
  doors: Door;
}

/** What a broker consists of, from its start to its end. */
export class RunningBroker {
  readonly at: Listener['at'];
  readonly #parts: Parts;
  readonly #emit: EmitBrokerEvent;

  private constructor(parts: Parts, emit: EmitBrokerEvent) {
    this.at = parts.listener.at;
    this.#parts = parts;
    this.#emit = emit;
  }

  /** Rejects with a RelayError and leaves nothing open. */
  static async open(settings: BrokerSettings, emit: EmitBrokerEvent): Promise<RunningBroker> {
    const opened: { close(): unknown }[] = [];
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
      const access = await Access.open(settings, {
        withdrawn: (rights) => agents?.withdraw(rights),
        failed: (error) => emit('reloadFailed', error),
      });
      owned(access);
      const budget = DescriptorBudget.ofProcess();
      const registry = owned(new Registry(settings.maxRegistrations, budget, emit));
      const unwritten = (error: RelayError) => emit('stateFailed', error);
      const leases = owned(await LeaseStore.open(settings.state, unwritten));
      const planes = { chosen: plane, portable: createPortableDataPlane() };
      const directory = new Directory();
      const site = { settings, access, planes, registry, leases, directory, budget, emit };
      agents = new AgentRegistrar(site);
      await agents.restore();
      const doors = owned(await openDoors(site));
      const policy = policyOf(site);
      const host = hostOf(site, agents);
      const reception = new Reception<Visitor>(budget, {
        received: (socket, left) => new Visitor(socket, policy, host, left),
        refused: (address) => host.refused(address, { cause: 'descriptors' }),
      });
      const listener = await listen(settings, (socket) => reception.receive(socket));
      emit('dataPlane', plane.name, reason);
      const parts = { plane, access, leases, registry, reception, listener, doors };
      return new RunningBroker(parts, emit);
    } catch (error) {
      for (const part of opened.reverse()) await part.close();
      throw error;
    }
  }

  /** Stops accepting at once. Resolves when all relayed connections have ended. */
  async close(): Promise<void> {
    const { plane, access, leases, registry, reception, listener, doors } = this.#parts;
    const shut = Promise.all([listener.close(), doors.close()]);
    this.#emit('draining', registry.pairs);
    // Leases stay in the file as they are now, for the next broker.
    const left = leases.close();
    reception.close();
    await Promise.all([left, registry.close()]);
    await shut;
    access.close();
    await plane.close();
  }

  /** Resets all relayed connections. Call after {@link RunningBroker.close}. */
  cut(): void {
    this.#parts.registry.cut();
    this.#parts.reception.cut();
    this.#parts.doors.cut();
  }
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
