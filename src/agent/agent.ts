import { EventEmitter } from 'node:events';
import type { Server } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  DataPlane,
  DataPlaneWarning,
  DialledPair,
  Endpoint,
  PairReport,
} from '../data-plane/data-plane.ts';
import { openDataPlane } from '../data-plane/open-data-plane.ts';
import { dataPlaneFailed, RelayError } from '../errors.ts';
import { type AgentOptions, type AgentSettings, agentOptions } from '../options/agent-options.ts';
import { checkOptions } from '../options/option.ts';
import { backoff } from './backoff.ts';
import { ControlLink } from './control-link.ts';
import { dialBack } from './dial-back.ts';
import { nameOf, resolveTarget } from './target.ts';

/** Dials under way at one time; further notifications wait, unread, in the control connection. */
const MAX_DIALLING = 256;

/** Registrations are what threads are for; and the fewer, the more work each does for a wake-up. */
const ONE_REGISTRATION = 1;

/** Milliseconds a control connection has to last for the relay to count as well again. */
const STABLE = 5000;

/** What an agent reports while it runs, with the arguments of each listener. */
export interface AgentEvents {
  /** Which data plane moves the bytes, and why this one. */
  dataPlane: [name: DataPlane['name'], reason: string];
  /** The data plane is short of something, and goes on without. As often as it happens. */
  warning: [warning: DataPlaneWarning];
  /** The data plane has failed, and the process has to end. Without a listener, it does (see `EventEmitter`). */
  error: [error: RelayError];
  /** The control connection is up; `address` is the relay's. */
  connected: [address: string];
  /** The relay cannot be reached or was lost; the next try comes in so many milliseconds. */
  retrying: [error: RelayError, delay: number, attempt: number];
  /** A client's connection is over. */
  connectionEnded: [report: PairReport];
  /** A client could not be fetched or its target not be reached. */
  connectionFailed: [error: RelayError];
  /** Closing: so many connections may still finish. */
  draining: [connections: number];
}

/**
 * Makes an agent, which exposes a service through a relay and comes back when
 * the relay goes away. It writes no log: it reports through {@link AgentEvents}.
 *
 * @param options - see {@link AgentOptions}.
 * @throws RelayError `E_BAD_OPTION` when an option is missing, unknown or out of range.
 * @example
 * ```ts
 * const agent = createAgent({ to: 'relay.example.net:8080', target: 3000 });
 * await agent.run(); // until agent.close()
 * ```
 */
export function createAgent(options: AgentOptions): Agent {
  return new Agent(checkOptions(agentOptions, options));
}

/** See {@link createAgent}. */
export class Agent extends EventEmitter<AgentEvents> {
  readonly #settings: AgentSettings;
  readonly #target: Endpoint | Server;
  readonly #targetName: string;
  readonly #stop = new AbortController();
  readonly #pairs = new Set<DialledPair>();
  #link: ControlLink | undefined;
  /** When nothing is left of a run. */
  #over: Promise<void> | undefined;
  #connectedAt = Number.POSITIVE_INFINITY;

  /** @internal Use {@link createAgent}, which checks the options. */
  constructor(settings: AgentSettings) {
    super();
    this.#settings = settings;
    this.#target = resolveTarget(settings.target);
    this.#targetName = nameOf(settings.target);
  }

  /**
   * Registers and serves, again and again, until {@link Agent.close}.
   *
   * @throws RelayError the last failure, once `maxRetries` retries in a row have failed;
   *   `E_DATA_PLANE` when the data plane asked for cannot be had.
   */
  async run(): Promise<void> {
    const { plane, reason } = await openDataPlane(
      { dataPlane: this.#settings.dataPlane, threads: ONE_REGISTRATION },
      {
        warning: (warning) => this.emit('warning', warning),
        failed: (error) => this.emit('error', dataPlaneFailed(error)),
      },
    );
    this.emit('dataPlane', plane.name, reason);
    const serving = this.#serveAgainAndAgain(plane);
    this.#over = serving.catch(() => {}).then(() => this.#retire(plane));
    await serving;
  }

  /** Connections run on when the relay is given up, and the data plane as long as they do. */
  async #retire(plane: DataPlane): Promise<void> {
    await Promise.allSettled([...this.#pairs].map(({ ended }) => ended));
    await plane.close();
  }

  async #serveAgainAndAgain(plane: DataPlane): Promise<void> {
    let attempt = 0;
    while (!this.#stop.signal.aborted) {
      const error = await this.#serve(plane);
      if (error === undefined) return;
      attempt = performance.now() - this.#connectedAt > STABLE ? 1 : attempt + 1;
      if (attempt > (this.#settings.maxRetries ?? Number.POSITIVE_INFINITY)) throw error;
      const pause = backoff(attempt, Math.random());
      this.emit('retrying', error, pause, attempt);
      await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /**
   * Leaves the relay at once and waits for connections to end; those left after
   * the drain time are reset. Calling again with less time shortens it.
   *
   * @param drain - seconds to wait. Default: the `drain` option.
   */
  async close({ drain = this.#settings.drain }: { drain?: number } = {}): Promise<void> {
    if (!this.#stop.signal.aborted) this.emit('draining', this.#pairs.size);
    this.#stop.abort();
    this.#link?.close();
    const deadline = setTimeout(() => {
      for (const pair of this.#pairs) pair.cut();
    }, drain * 1000);
    await this.#over;
    clearTimeout(deadline);
  }

  /** One control connection, from its dial to its end. Nothing is returned when we were closed. */
  async #serve(plane: DataPlane): Promise<RelayError | undefined> {
    this.#connectedAt = Number.POSITIVE_INFINITY;
    try {
      const link = await ControlLink.connect(this.#settings.to, this.#stop.signal);
      this.#link = link;
      this.#connectedAt = performance.now();
      if (this.#stop.signal.aborted) link.close();
      this.emit('connected', link.relayAddress);
      await this.#answer(link, plane);
    } catch (error) {
      if (this.#stop.signal.aborted) return undefined;
      if (error instanceof RelayError) return error;
      throw error;
    }
    return undefined;
  }

  async #answer(link: ControlLink, plane: DataPlane): Promise<void> {
    let dialling = 0;
    await link.answer((port) => {
      if (this.#stop.signal.aborted) return;
      const { dialled } = this.#fetch(plane, { host: link.relayAddress, port });
      dialling += 1;
      if (dialling >= MAX_DIALLING) link.pause();
      void dialled.then(() => {
        dialling -= 1;
        if (dialling < MAX_DIALLING) link.resume();
      });
    });
  }

  #fetch(plane: DataPlane, relay: { host: string; port: number }): DialledPair {
    const pair = dialBack(plane, {
      relay,
      target: this.#target,
      targetName: this.#targetName,
      halfCloseTimeout: this.#settings.halfCloseTimeout * 1000,
    });
    this.#pairs.add(pair);
    pair.ended.then(
      (report) => {
        this.#pairs.delete(pair);
        this.emit('connectionEnded', report);
      },
      (error) => {
        this.#pairs.delete(pair);
        this.emit('connectionFailed', error);
      },
    );
    return pair;
  }
}
