import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataPlane } from '../data-plane/data-plane.ts';
import type { Reception } from '../doorstep/reception.ts';
import type { Access } from './access/access.ts';
import type { Door } from './doors/door.ts';
import type { Entrance } from './entrance.ts';
import type { EmitBrokerEvent } from './events.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { LeaseStore } from './leases/lease-store.ts';
import type { Listener } from './reception/listener.ts';
import type { Visitor } from './reception/visitor.ts';
import { FETCH_TIMEOUT, type Registration } from './registration/registration.ts';
import type { Registry } from './registration/registry.ts';
import { until } from './until.ts';

/** Milliseconds between two reports of what is left: while somebody waits for the end, and while nobody does. */
const DRAIN_REPORT = 5000;
const HANDOVER_REPORT = 60_000;

/** Protocols whose servers cannot come back to another process without losing their port. */
const STAYING: readonly Registration['info']['protocol'][] = ['basic', 'announce', 'mux'];

/** Front doors where clients ask for names, which other members of a fleet may have. */
const OF_NAMES: readonly Entrance['role'][] = ['names-client', 'tls-names', 'http-names'];

/**
 * Milliseconds without any of these clients, after which whoever leads them here has heard that this broker leaves: a
 * load balancer asks a few times before it believes that. And those for which that is waited for at most.
 */
const QUIET = 5000;
const LONGEST_WAIT = 15_000;

/** What is to be ended of a broker. */
export interface EndingParts {
  plane: DataPlane;
  access: Access;
  leases: LeaseStore;
  registry: Registry;
  reception: Reception<Visitor>;
  listener: Listener;
  doors: Door;
  /** Undefined for a broker that is alone. */
  fleet: Fleet | undefined;
}

/** How a broker ends: in order, with its connections running on for as long as they may. */
export class Ending {
  readonly #parts: EndingParts;
  readonly #emit: EmitBrokerEvent;
  #isCut = false;
  #cut = 0;
  #resolveCut: () => void = () => {};
  readonly #cutting = new Promise<void>((resolve) => {
    this.#resolveCut = resolve;
  });

  constructor(parts: EndingParts, emit: EmitBrokerEvent) {
    this.#parts = parts;
    this.#emit = emit;
  }

  /**
   * Sends agents elsewhere, then shuts all there is. Resolves when all relayed connections have ended.
   *
   * @param patience - milliseconds that these get
   */
  async drain(patience: number): Promise<void> {
    const { leases, registry, doors, fleet } = this.#parts;
    this.#emit('draining', this.#connections);
    const report = setInterval(() => this.#emit('draining', this.#connections), DRAIN_REPORT);
    const began = performance.now();
    // Meanwhile, who comes by a name is taken to where that has gone.
    await Promise.race([fleet?.evacuate(), this.#cutting]);
    const isStaying = ({ role }: Entrance) => fleet?.hasOthers === true && OF_NAMES.includes(role);
    for (const entrance of doors.entrances) if (!isStaying(entrance)) void entrance.shut();
    // Leases stay in the file as they are now, for the next broker.
    const left = leases.close();
    let isDismissed = false;
    void registry.dismiss().then(() => {
      isDismissed = true;
    });
    // Meanwhile, a back-connect may still come by the control port.
    const isOver = () => this.#isCut || (isDismissed && registry.waiting === 0);
    await until(isOver, FETCH_TIMEOUT);
    if (fleet?.hasOthers) {
      const isLeft = () => Math.min(performance.now() - began, fleet.quietFor) >= QUIET;
      // Those who come last are to have some of the time, too.
      await until(() => this.#isCut || isLeft(), Math.min(LONGEST_WAIT, patience / 2));
    }
    for (const entrance of doors.entrances) void entrance.shut();
    // Each of them waits for so long as clients do, and no longer.
    await until(() => this.#isCut || !fleet?.underWay, Number.POSITIVE_INFINITY);
    await fleet?.leave();
    await Promise.all([left, this.#finish()]);
    clearInterval(report);
    this.#emit('drained', this.#cut);
  }

  /**
   * Another process goes on. Resolves when all relayed connections have ended, for which there is no limit.
   *
   * @param patience - milliseconds for which servers are kept that the other process cannot have
   */
  async leave(patience: number): Promise<void> {
    const { leases, registry, reception, doors } = this.#parts;
    const report = setInterval(() => {
      this.#emit('handover', { stage: 'moved', connections: registry.paired });
    }, HANDOVER_REPORT);
    const left = leases.close();
    reception.close();
    const isStaying = ({ info }: Registration) => STAYING.includes(info.protocol);
    const moved = registry.all().filter((registration) => !isStaying(registration));
    await Promise.all(moved.map((registration) => registration.end('moved')));
    // Whoever is there has not said what he wants, and can say so to the other process.
    void doors.close();
    await left;
    const stopWaiting = new AbortController();
    const staying = registry.all().filter(isStaying);
    const expired = delay(patience, undefined, { signal: stopWaiting.signal }).catch(() => {});
    await Promise.race([Promise.all(staying.map(({ ended }) => ended)), expired, this.#cutting]);
    stopWaiting.abort();
    await this.#finish();
    clearInterval(report);
    this.#emit('handover', { stage: 'finished' });
  }

  /** Resets all relayed connections. */
  cut(): void {
    const { registry, reception, doors, fleet } = this.#parts;
    this.#isCut = true;
    this.#resolveCut();
    this.#cut += this.#connections;
    registry.cut();
    reception.cut();
    doors.cut();
    fleet?.cut();
  }

  /** Those that run, whether relayed to a service of this broker or to another member of its fleet. */
  get #connections(): number {
    const { registry, fleet } = this.#parts;
    return registry.paired + (fleet?.forwarded ?? 0);
  }

  async #finish(): Promise<void> {
    const { plane, access, registry, reception, listener, doors, fleet } = this.#parts;
    const shut = Promise.all([listener.close(), doors.close(), fleet?.close()]);
    reception.close();
    await registry.close();
    await shut;
    access.close();
    await plane.close();
  }
}
