import { EventEmitter } from 'node:events';
import type { LiveConnection } from '../data-plane/data-plane.ts';
import { RelayError } from '../errors.ts';
import type { ForwardedConnection } from '../links/forwarding.ts';
import {
  type BrokerOptions,
  type BrokerSettings,
  checkBrokerOptions,
} from '../options/broker-options.ts';
import type { BrokerEvents, EmitBrokerEvent } from './events.ts';
import type { FleetName, FleetStatus } from './fleet/status.ts';
import { Inheritance, type InheritedListener } from './inheritance.ts';
import { planReload, type ReloadReport } from './reload.ts';
import { RunningBroker } from './running-broker.ts';
import type { BrokerStatus, RegistrationStatus } from './status.ts';
import { Tally } from './tally.ts';

/**
 * Makes a broker. It does nothing until {@link Broker.start} and writes no log:
 * it reports through events, see {@link BrokerEvents}.
 *
 * @param options - see {@link BrokerOptions}; only `port` is required.
 * @throws RelayError `E_BAD_OPTION` when an option is unknown or out of range, or nobody could come in by a front door.
 * @example
 * ```ts
 * const broker = createBroker({ port: 8080 });
 * broker.on('registered', ({ clientPort }) => console.log(`clients: port ${clientPort}`));
 * await broker.start();
 * // …
 * await broker.close();
 * ```
 */
export function createBroker(options: BrokerOptions): Broker {
  return new Broker(checkBrokerOptions(options));
}

/** A relay: a control listener and the registrations made through it. See {@link createBroker}. */
export class Broker extends EventEmitter<BrokerEvents> {
  #settings: BrokerSettings;
  readonly #tally = new Tally(this);
  #started = false;
  #running: RunningBroker | undefined;
  #closing: Promise<void> | undefined;
  /** One after the other. */
  #reloading: Promise<unknown> = Promise.resolve();

  /** @internal Use {@link createBroker}, which checks the options. */
  constructor(settings: BrokerSettings) {
    super();
    this.#settings = settings;
  }

  /**
   * Opens the control listener, and the client ports of the leases in the state file.
   *
   * @param inherited - listeners that exist already, in place of those that it would open; they are
   *   the broker's from now on, and those that it has no use for are closed
   * @returns the address and port it is bound to.
   * @throws RelayError `E_LISTEN` when the system refuses, `E_DATA_PLANE` when the
   *   data plane asked for cannot be had, `E_TOKENS`, `E_TLS` or `E_STATE` when such a
   *   file cannot be used.
   */
  async start({ inherited = [] }: { inherited?: Iterable<InheritedListener> } = {}): Promise<{
    host: string;
    port: number;
  }> {
    const inheritance = new Inheritance(inherited);
    if (this.#started || this.#closing) {
      inheritance.close();
      throw new RelayError('E_LISTEN', 'A broker can be started once. Make another one.');
    }
    this.#started = true;
    const running = await RunningBroker.open(
      this.#settings,
      inheritance,
      this.emit.bind(this) as EmitBrokerEvent,
    );
    if (this.#closing) {
      await running.close(0);
      throw new RelayError('E_LISTEN', 'The broker was closed while it started.');
    }
    this.#running = running;
    this.emit('listening', running.at);
    return running.at;
  }

  /** For watchdogs: resolves when each thread of the data plane has answered, and not while one hangs. */
  async answers(): Promise<void> {
    await this.#running?.answers();
  }

  /**
   * What it is doing at the moment, and has done since its start. Cheap enough to be asked for every second.
   *
   * @throws RelayError `E_NOT_RUNNING` before {@link Broker.start} has resolved.
   */
  status(): BrokerStatus {
    const { doors, refused, doorRefused, authenticationFailures } = this.#tally;
    const counted = { doors, refused: { ...refused }, doorRefused, authenticationFailures };
    return { ...this.#whileRunning.status(), ...counted };
  }

  /**
   * Every registration, those included of which only relayed connections are left.
   *
   * @throws RelayError `E_NOT_RUNNING`, as {@link Broker.status}.
   */
  registrations(): RegistrationStatus[] {
    return this.#whileRunning.registrations();
  }

  /**
   * How its fleet stands, as it sees that. Undefined where it is alone.
   *
   * @throws RelayError `E_NOT_RUNNING`, as {@link Broker.status}.
   */
  fleet(): FleetStatus | undefined {
    return this.#whileRunning.fleet?.status();
  }

  /**
   * All names of its fleet, in no order, to be read at once. Undefined where it is alone.
   *
   * @throws RelayError `E_NOT_RUNNING`, as {@link Broker.status}.
   */
  fleetNames(): Iterable<FleetName> | undefined {
    return this.#whileRunning.fleet?.names();
  }

  /**
   * The clients of a registration, with the bytes they have moved so far. Undefined when there is no such registration.
   *
   * @param registration - its id
   * @throws RelayError `E_NOT_RUNNING`, as {@link Broker.status}.
   */
  async connections(registration: number): Promise<LiveConnection[] | undefined> {
    return this.#whileRunning.connections(registration);
  }

  /**
   * Clients that came here and that other brokers of its fleet serve, where each has a record of its own. Undefined where
   * it is alone.
   *
   * @throws RelayError `E_NOT_RUNNING`, as {@link Broker.status}.
   */
  forwarded(): ForwardedConnection[] | undefined {
    return this.#whileRunning.forwarded();
  }

  /**
   * Resets one of these.
   *
   * @returns whether there is such a client.
   * @throws RelayError `E_NOT_RUNNING`, as {@link Broker.status}.
   */
  async endForwarded(connection: number): Promise<boolean> {
    return this.#whileRunning.endForwarded(connection);
  }

  /**
   * Resets one client, and its server's end with it.
   *
   * @returns whether there is such a client.
   * @throws RelayError `E_NOT_RUNNING`, as {@link Broker.status}.
   */
  async endConnection(registration: number, connection: number): Promise<boolean> {
    return this.#whileRunning.endConnection(registration, connection);
  }

  /**
   * Ends a registration: its ports are shut and its agent is told so. Its relayed connections run
   * on; they are reset when it is called once more. If it is held on a lease, that is released.
   *
   * @returns whether there is such a registration.
   * @throws RelayError `E_NOT_RUNNING`, as {@link Broker.status}.
   */
  async endRegistration(registration: number): Promise<boolean> {
    return this.#whileRunning.endRegistration(registration);
  }

  /**
   * Goes by other options from now on, without ending a connection. Files that they name are read anew, also where
   * their names are the same. Limits hold at once, for clients that come from then on; what is for
   * registrations holds for those made from then on, so that one whose port is not in `ports` any more
   * stays. What cannot change while it runs is as before, and told of.
   *
   * @param options - all of them, as for {@link createBroker}
   * @returns which options have changed, and which cannot before the next start.
   * @throws RelayError when anything is wrong, and then nothing has changed: `E_BAD_OPTION`, `E_TOKENS` or `E_TLS`, of
   *   which `reloadFailed` tells, too; `E_NOT_RUNNING` before {@link Broker.start} has resolved and after {@link Broker.close}.
   */
  async reload(options: BrokerOptions): Promise<ReloadReport> {
    const reloading = this.#reloading.then(() => this.#reload(options));
    this.#reloading = reloading.catch(() => {});
    return reloading;
  }

  async #reload(options: BrokerOptions): Promise<ReloadReport> {
    const running = this.#whileRunning;
    try {
      const wanted = checkBrokerOptions(options);
      const { settings, ...report } = planReload(this.#settings, wanted);
      await running.reload(settings);
      this.#settings = settings;
      this.emit('reloaded', report);
      return report;
    } catch (error) {
      if (error instanceof RelayError && error.code !== 'E_NOT_RUNNING') {
        this.emit('reloadFailed', error);
      }
      throw error;
    }
  }

  /**
   * Stops accepting at once and waits for relayed connections to end; those
   * left after the drain time are reset. Calling again with less time shortens it.
   *
   * @param drain - seconds to wait; `Infinity` for as long as it takes. Default: the `drain` option.
   */
  async close({ drain = this.#settings.drain }: { drain?: number } = {}): Promise<void> {
    const closing = this.#closing ?? this.#running?.close(drain * 1000) ?? Promise.resolve();
    this.#closing = closing;
    const cut = () => this.#running?.cut();
    const deadline = Number.isFinite(drain) ? setTimeout(cut, drain * 1000) : undefined;
    try {
      await closing;
    } finally {
      clearTimeout(deadline);
    }
  }

  get #whileRunning(): RunningBroker {
    if (this.#running !== undefined) return this.#running;
    throw new RelayError('E_NOT_RUNNING', 'The broker has not been started. Call start() first.');
  }
}
