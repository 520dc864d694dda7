import { EventEmitter } from 'node:events';
import { Server } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type DataPlane, NOTHING_MOVED } from '../data-plane/data-plane.ts';
import { dataPlaneFailed, RelayError } from '../errors.ts';
import {
  type AgentOptions,
  type AgentSettings,
  checkAgentOptions,
} from '../options/agent-options.ts';
import { parseList } from '../options/values.ts';
import { backoff } from './backoff.ts';
import { Clients } from './clients.ts';
import { Course } from './course.ts';
import type { AgentEvents, NoticeListener } from './events.ts';
import { Health } from './health.ts';
import { Lease } from './lease.ts';
import type { Link } from './link/link.ts';
import { checkFiles, type LinkContext, openLink } from './link/open-link.ts';
import { PoolLink } from './link/pool-link.ts';
import { isLasting, SentElsewhere } from './link/refusals.ts';
import { type HeldPlane, type OpenPlane, openOwnPlane } from './planes.ts';
import { Service } from './service.ts';
import { type AgentState, type AgentStatus, History } from './status.ts';
import { nameOf } from './target.ts';

/** Milliseconds a control connection has to last for the relay to count as well again. */
const STABLE = 5000;

/**
 * Makes an agent, which exposes a service through a relay and comes back when
 * the relay goes away. It writes no log: it reports through {@link AgentEvents}.
 *
 * @param options - see {@link AgentOptions}.
 * @throws RelayError `E_BAD_OPTION` when an option is missing, unknown or out of range.
 * @example
 * ```ts
 * const agent = createAgent({ to: 'relay.example.net:8080', target: 3000 });
 * agent.on('ready', ({ host, port }) => console.log(`${host}:${port}`));
 * await agent.run(); // until agent.close()
 * ```
 */
export function createAgent(options: AgentOptions): Agent {
  return new Agent(checkAgentOptions(options));
}

/** See {@link createAgent}. */
export class Agent extends EventEmitter<AgentEvents> {
  readonly #settings: AgentSettings;
  readonly #open: OpenPlane;
  readonly #course: Course;
  readonly #stop = new AbortController();
  readonly #notice: NoticeListener = (code, message) => this.emit('notice', code, message);
  #plane: DataPlane | undefined;
  #clients: Clients | undefined;
  #health: Health | undefined;
  #link: Link | undefined;
  /** When nothing is left of a run. */
  #over: Promise<void> | undefined;
  readonly #history = new History(this);
  #isOver = false;
  #connectedAt = Number.POSITIVE_INFINITY;

  /** @internal Use {@link createAgent}, which checks the options. */
  constructor(settings: AgentSettings, open = openOwnPlane) {
    super();
    this.#settings = settings;
    this.#open = open;
    this.#course = new Course(parseList(settings.pool ?? settings.to));
  }

  /**
   * Registers and serves, again and again, or keeps its connections in a pool, until {@link Agent.close}.
   *
   * @throws RelayError the last failure, once `maxRetries` retries in a row have failed;
   *   `E_DATA_PLANE` when the data plane asked for cannot be had; `E_STATE`, `E_TLS` or
   *   `E_BAD_OPTION` when a file cannot be used.
   */
  async run(): Promise<void> {
    const held = await this.#openPlane().catch((error: unknown) => {
      this.#isOver = true;
      throw error;
    });
    this.#plane = held.plane;
    const serving = this.#serve(held.plane);
    this.#over = serving.catch(() => {}).then(() => this.#retire(held));
    await serving;
  }

  /**
   * Leaves the relay at once and waits for connections to end; those left after
   * the drain time are reset. Calling again with less time shortens it.
   *
   * The relay takes the port back, unless there is a `state` file: then it holds
   * the port for the time of its lease, for an agent that is started again.
   *
   * @param drain - seconds to wait. Default: the `drain` option.
   */
  async close({ drain = this.#settings.drain }: { drain?: number } = {}): Promise<void> {
    if (!this.#stop.signal.aborted) this.emit('draining', this.#clients?.size ?? 0);
    this.#stop.abort();
    this.#health?.stop();
    if (this.#link !== undefined) this.#leave(this.#link);
    const deadline = setTimeout(() => this.#clients?.cut(), drain * 1000);
    await this.#over;
    clearTimeout(deadline);
  }

  /** What it does, and has done so far. Bytes move while connections run. */
  status(): AgentStatus {
    const { started, registered, registrations, redirects, grant } = this.#history;
    const { retry, ended, failed } = this.#history;
    return {
      ...{ state: this.#state, started, target: nameOf(this.#settings.target) },
      ...{ relay: this.#course.relay, registered, registrations, redirects, grant },
      ...{ retry, down: this.#health?.reason },
      connections: { open: this.#clients?.size ?? 0, ended: { ...ended }, failed },
      ...(this.#clients?.moved ?? NOTHING_MOVED),
    };
  }

  get #state(): AgentState {
    if (this.#isOver) return 'ended';
    if (this.#stop.signal.aborted) return 'draining';
    if (this.#link !== undefined) return this.#health?.reason === undefined ? 'live' : 'down';
    const { retry } = this.#history;
    return retry !== undefined && retry.at.getTime() > Date.now() ? 'retrying' : 'connecting';
  }

  /** For watchdogs: resolves when the thread of the data plane has answered, and not while it hangs. */
  async answers(): Promise<void> {
    await this.#plane?.answers();
  }

  /** With a state file somebody will come back for the registration. */
  #leave(link: Link): void {
    link.close(this.#settings.state !== undefined);
  }

  async #openPlane(): Promise<HeldPlane> {
    const { dataPlane, tls, mux } = this.#settings;
    const purpose = tls ? 'for TLS' : mux ? 'for mux' : undefined;
    const held = await this.#open(
      { dataPlane: purpose === undefined ? dataPlane : 'portable' },
      {
        warning: (warning) => this.emit('warning', warning),
        failed: (error) => this.emit('error', dataPlaneFailed(error)),
      },
    );
    this.emit('dataPlane', held.plane.name, purpose ?? held.reason);
    return held;
  }

  /** Connections run on when the relay is given up, and the data plane as long as they do. */
  async #retire(held: HeldPlane): Promise<void> {
    this.#health?.stop();
    await this.#clients?.gone();
    await held.close();
    this.#isOver = true;
  }

  async #serve(plane: DataPlane): Promise<void> {
    const settings = this.#settings;
    const service = new Service(plane, settings.target, settings.halfCloseTimeout * 1000);
    this.#clients = new Clients(service, {
      ended: (report) => this.emit('connectionEnded', report),
      failed: (error) => this.emit('connectionFailed', error),
      unreachable: (ticket, cause) => this.#link?.fail(ticket, cause),
    });
    const [notice, { signal }] = [this.#notice, this.#stop];
    await checkFiles(settings, notice);
    if (settings.pool !== undefined) {
      await this.#keepPool(new PoolLink({ settings, service, notice }));
      return;
    }
    const lease = await Lease.open(settings, notice);
    await this.#watchHealth(service);
    const doors = new Map();
    await this.#serveAgainAndAgain({ settings, service, lease, doors, notice, signal });
  }

  /** Nothing is registered, and the link itself sees to what breaks. */
  async #keepPool(link: PoolLink): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#link = link;
    await this.#answer(link);
  }

  /** Checks the target once before anybody is let in, and from then on every now and then. */
  async #watchHealth({ target }: Service): Promise<void> {
    const { health } = this.#settings;
    if (health === undefined || target instanceof Server || this.#stop.signal.aborted) return;
    this.#health = new Health(target, health, (reason) => {
      if (reason === undefined) this.emit('up');
      else this.emit('down', reason);
      this.#link?.park(reason);
    });
    await this.#health.start();
  }

  async #serveAgainAndAgain(context: LinkContext): Promise<void> {
    const { signal } = context;
    while (!signal.aborted) {
      const error = await this.#serveOnce(context);
      if (error === undefined) return;
      const now = performance.now();
      if (now - this.#connectedAt > STABLE) this.#course.stayed();
      if (error instanceof SentElsewhere) {
        if (this.#course.follow(error.to, now)) {
          this.emit('elsewhere', error.to, error);
          continue;
        }
        this.emit('refused', error);
      }
      await this.#pauseBehind(error, context);
    }
  }

  /** @throws RelayError the failure, when there have been too many */
  async #pauseBehind(error: RelayError, { lease, signal }: LinkContext): Promise<void> {
    const course = this.#course;
    const { relay, hasOthers } = course;
    course.failed();
    const { failures, rounds } = course;
    if (failures > (this.#settings.maxRetries ?? Number.POSITIVE_INFINITY)) throw error;
    const isHopeless = isLasting(error, hasOthers);
    const prospect = isHopeless ? 'lasting' : lease.isRunning ? 'leased' : 'ordinary';
    const pause = backoff(rounds, Math.random(), prospect);
    const other = course.relay === relay ? undefined : course.relay;
    this.emit('retrying', error, pause, failures, other);
    await delay(pause, undefined, { signal }).catch(() => {});
  }

  /** One control connection, from its dial to its end. Nothing is returned when we were closed. */
  async #serveOnce(context: LinkContext): Promise<RelayError | undefined> {
    const { lease, signal } = context;
    this.#connectedAt = Number.POSITIVE_INFINITY;
    try {
      const link = await openLink(context, this.#course.stop);
      if (signal.aborted) {
        this.#leave(link);
        return undefined;
      }
      this.#link = link;
      this.#connectedAt = performance.now();
      this.#announce(link);
      await this.#answer(link);
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof RelayError)) throw error;
      const isRefused = error.code === 'E_REFUSED' && !(error instanceof SentElsewhere);
      if (isRefused) this.emit('refused', error);
      if (this.#link !== undefined) {
        lease.begin();
        this.emit('lost', error);
      }
      return error;
    } finally {
      this.#link = undefined;
    }
  }

  #announce(link: Link): void {
    const { grant } = link;
    if (this.#health?.reason !== undefined) link.park(this.#health.reason);
    if (link.address !== undefined) this.emit('connected', link.address);
    if (grant !== undefined) this.emit('ready', grant);
  }

  #answer(link: Link): Promise<void> {
    const clients = this.#clients;
    let dialling = 0;
    let isFull = false;
    return link.serve((client) => {
      if (clients === undefined || this.#stop.signal.aborted) {
        if ('spare' in client.from) client.from.spare.cut();
        return;
      }
      if (clients.isServed(client)) return;
      dialling += 1;
      if (!isFull && dialling >= link.mostDialling) {
        isFull = true;
        link.pause();
      }
      void clients.join(client).then(() => {
        dialling -= 1;
        if (isFull && dialling < link.mostDialling) {
          isFull = false;
          link.resume();
        }
      });
    });
  }
}
