import { isDeepStrictEqual } from 'node:util';
import type { Agent } from '../agent/agent.ts';
import type { AgentStatus } from '../agent/status.ts';
import type { RelayError } from '../errors.ts';
import type { serviceOptions } from '../options/agent-program.ts';
import type { OptionsOutput } from '../options/option.ts';

export type ServiceSettings = OptionsOutput<typeof serviceOptions>;

/** By their names. */
export type ServiceList = ReadonlyMap<string, ServiceSettings>;

/** An agent that is yet to run. */
export interface Service {
  agent: Agent;
  /** To be called when it has come to its end. */
  over(): void;
}

export interface ServicesObserver {
  start(name: string, settings: ServiceSettings): Service;
  /** One has failed for good. */
  failed(name: string, error: RelayError): void;
}

/** Which services a change of the configuration concerned. */
export interface ServiceChanges {
  started: string[];
  restarted: string[];
  stopped: string[];
}

/** From its agent's start until the relay does not have it any more; its connections may then still run. */
interface Running {
  settings: ServiceSettings;
  service: Service;
  left: Promise<void>;
  /** Whether it was told to leave, so that its end is no reason for the others to end. */
  isLeaving: boolean;
}

/** The services that a process exposes, each with an agent of its own: what happens to one does not touch the others. */
export class Services {
  readonly #observer: ServicesObserver;
  readonly #running = new Map<string, Running>();
  /** Those that have failed, and were not started again. */
  readonly #failures = new Map<string, RelayError>();
  /** Those included that have left, but may still have connections. */
  readonly #all = new Map<Service, string>();
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => {};
  #isClosing = false;

  constructor(observer: ServicesObserver) {
    this.#observer = observer;
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** By what people call each: its name, or its target where it has none. Of one that was restarted, as it runs now. */
  status(): ReadonlyMap<string, AgentStatus> {
    const all = [...this.#all].map(([{ agent }, name]) => [name, agent.status()] as const);
    return new Map(all.map(([name, status]) => [name || status.target, status]));
  }

  /** Whether one has failed. */
  get hasFailed(): boolean {
    return this.#failures.size > 0;
  }

  /** Resolves when all were closed and have left their relays. Rejects with the last failure when all have failed. */
  async run(services: ServiceList): Promise<void> {
    // A signal may have come before.
    if (this.#isClosing) return;
    for (const [name, settings] of services) this.#start(name, settings);
    await this.#over;
    const failure = [...this.#failures.values()].at(-1);
    if (!this.#isClosing && failure !== undefined) throw failure;
  }

  /**
   * Starts, restarts and stops what has changed, and what has failed again; nothing else notices. A service that is
   * restarted has left before it comes back, so that it can have its port.
   */
  async update(services: ServiceList): Promise<ServiceChanges> {
    const changes: ServiceChanges = { started: [], restarted: [], stopped: [] };
    const leaving: Promise<void>[] = [];
    for (const [name, running] of this.#running) {
      const settings = services.get(name);
      if (isDeepStrictEqual(settings, running.settings)) continue;
      changes[settings === undefined ? 'stopped' : 'restarted'].push(name);
      running.isLeaving = true;
      void this.#close(running.service, {});
      leaving.push(running.left);
    }
    await Promise.all(leaving);
    for (const name of [...changes.stopped, ...changes.restarted]) this.#running.delete(name);
    for (const [name, settings] of services) {
      if (this.#isClosing || this.#running.has(name)) continue;
      if (!changes.restarted.includes(name)) changes.started.push(name);
      this.#start(name, settings);
    }
    for (const name of this.#failures.keys()) if (!services.has(name)) this.#failures.delete(name);
    this.#look();
    return changes;
  }

  /** See {@link Agent.close}, for all agents that there are. */
  async close(options: { drain?: number }): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#all.keys()].map((service) => this.#close(service, options)));
  }

  /** For watchdogs, see {@link Agent.answers}. */
  async answers(): Promise<void> {
    const staying = [...this.#running.values()].filter(({ isLeaving }) => !isLeaving);
    await Promise.all(staying.map(({ service }) => service.agent.answers()));
  }

  #start(name: string, settings: ServiceSettings): void {
    this.#failures.delete(name);
    const service = this.#observer.start(name, settings);
    this.#all.set(service, name);
    const left = service.agent.run().then(
      () => this.#left(name),
      (error: RelayError) => this.#left(name, error),
    );
    this.#running.set(name, { settings, service, left, isLeaving: false });
  }

  #left(name: string, error?: RelayError): void {
    const running = this.#running.get(name);
    if (running === undefined || running.isLeaving) return;
    this.#running.delete(name);
    if (error !== undefined) {
      running.service.over();
      this.#failures.set(name, error);
      this.#observer.failed(name, error);
    }
    this.#look();
  }

  #look(): void {
    if (this.#running.size === 0) this.#resolveOver();
  }

  async #close(service: Service, options: { drain?: number }): Promise<void> {
    await service.agent.close(options);
    if (this.#all.delete(service)) service.over();
  }
}
