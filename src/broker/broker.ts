import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from '../data-plane/address.ts';
import type { DataPlane, ExchangeSettings } from '../data-plane/data-plane.ts';
import { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import { openDataPlane } from '../data-plane/open-data-plane.ts';
import { dataPlaneFailed, RelayError, reasonOf } from '../errors.ts';
import {
  type BrokerOptions,
  type BrokerSettings,
  brokerOptions,
} from '../options/broker-options.ts';
import { checkOptions } from '../options/option.ts';
import { parsePortRange } from '../options/values.ts';
import { ControlConnection } from './control-connection.ts';
import type { BrokerEvents, RegistrationRefusal } from './events.ts';
import { PortAllocator } from './port-allocator.ts';
import { type EmitBrokerEvent, Registration } from './registration.ts';

/** A control connection, which a data plane may hold a second time, and the two listeners it may get. */
const DESCRIPTORS_PER_REGISTRATION = 4;

/** Milliseconds of silence before TCP keepalive asks a registrant's system whether it is there. */
const KEEP_ALIVE_DELAY = 10_000;

/**
 * Makes a broker. It does nothing until {@link Broker.start} and writes no log:
 * it reports through events, see {@link BrokerEvents}.
 *
 * @param options - see {@link BrokerOptions}; only `port` is required.
 * @throws RelayError `E_BAD_OPTION` when an option is unknown or out of range.
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
  return new Broker(checkOptions(brokerOptions, options));
}

/** A relay: a control listener and the registrations made through it. See {@link createBroker}. */
export class Broker extends EventEmitter<BrokerEvents> {
  readonly #settings: BrokerSettings;
  readonly #budget = DescriptorBudget.ofProcess();
  readonly #ports: PortAllocator;
  readonly #controls = new Set<ControlConnection>();
  readonly #registrations = new Set<Registration>();
  #plane: DataPlane | undefined;
  readonly #opening = new Set<Promise<unknown>>();
  #listener: Server | undefined;
  #started = false;
  #lastId = 0;
  #closing: Promise<void> | undefined;

  /** @internal Use {@link createBroker}, which checks the options. */
  constructor(settings: BrokerSettings) {
    super();
    this.#settings = settings;
    this.#ports = new PortAllocator(
      settings.ports === undefined ? undefined : parsePortRange(settings.ports),
    );
  }

  /**
   * Opens the control listener.
   *
   * @returns the address and port it is bound to.
   * @throws RelayError `E_LISTEN` when the system refuses, `E_DATA_PLANE` when the
   *   data plane asked for cannot be had.
   */
  async start(): Promise<{ host: string; port: number }> {
    if (this.#started || this.#closing) {
      throw new RelayError('E_LISTEN', 'A broker can be started once. Make another one.');
    }
    this.#started = true;
    const { host, port } = this.#settings;
    const { plane, reason } = await openDataPlane(this.#settings, {
      warning: (warning) => this.emit('warning', warning),
      failed: (error) => this.emit('error', dataPlaneFailed(error)),
    });
    this.#plane = plane;
    const options = {
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY,
    };
    const listener = createServer({ ...options, noDelay: true }, (socket) =>
      this.#arrived(socket, plane),
    );
    try {
      listener.listen({ port, host });
      await once(listener, 'listening');
    } catch (error) {
      await plane.close();
      const at = `${host ?? 'any address'}, port ${port}`;
      throw new RelayError(
        'E_LISTEN',
        `Cannot listen on ${at}: ${reasonOf(error)}. Choose another port (0: the system picks) or another --host.`,
        { cause: error },
      );
    }
    listener.on('error', () => {});
    if (this.#closing) {
      listener.close();
      await plane.close();
      throw new RelayError('E_LISTEN', 'The broker was closed while it started.');
    }
    this.#listener = listener;
    const bound = listener.address();
    if (bound === null || typeof bound === 'string') throw new Error('not a TCP listener');
    const at = { host: bound.address, port: bound.port };
    this.emit('dataPlane', plane.name, reason);
    this.emit('listening', at);
    return at;
  }

  /**
   * Stops accepting at once and waits for relayed connections to end; those
   * left after the drain time are reset. Calling again with less time shortens it.
   *
   * @param drain - seconds to wait. Default: the `drain` option.
   */
  async close({ drain = this.#settings.drain }: { drain?: number } = {}): Promise<void> {
    const closing = this.#closing ?? this.#drain();
    this.#closing = closing;
    const deadline = setTimeout(() => this.#cut(), drain * 1000);
    try {
      await closing;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Control connections stay until the end, or a server might take their end for its own. */
  async #drain(): Promise<void> {
    const shut = new Promise((resolve) => {
      if (this.#listener) this.#listener.close(resolve);
      else resolve(undefined);
    });
    const registrations = [...this.#registrations];
    const pairs = registrations.reduce((n, { exchange }) => n + exchange.counters().paired, 0);
    this.emit('draining', pairs);
    await Promise.all(registrations.map((registration) => registration.end('shutdown')));
    // What was about to register when all this began ends as soon as it has.
    while (this.#opening.size + this.#registrations.size > 0) {
      await Promise.allSettled(this.#opening);
      await Promise.all([...this.#registrations].map(({ exchange }) => exchange.finished));
    }
    for (const control of this.#controls) control.destroy();
    await shut;
    await this.#plane?.close();
  }

  #cut(): void {
    for (const { exchange } of this.#registrations) exchange.cut();
  }

  #arrived(socket: Socket, plane: DataPlane): void {
    socket.on('error', () => {});
    const cause = this.#admit();
    if (cause !== undefined) {
      this.emit('refused', plainAddress(socket.remoteAddress ?? ''), cause, '');
      socket.destroy();
      return;
    }
    let registration: Promise<Registration | undefined> | undefined;
    const control = new ControlConnection(socket, this.#settings.helloWait, {
      silent: () => {
        const opening = this.#register(control, plane);
        this.#opening.add(opening);
        void opening.finally(() => this.#opening.delete(opening));
        registration = opening;
      },
      rejected: ({ code }, sent) => this.emit('refused', control.address, code, sent),
      ended: async (ending) => (await registration)?.end(ending),
      closed: () => {
        this.#controls.delete(control);
        this.#budget.give(DESCRIPTORS_PER_REGISTRATION);
      },
    });
    this.#controls.add(control);
  }

  #admit(): RegistrationRefusal | undefined {
    if (this.#controls.size >= this.#settings.maxRegistrations) return 'full';
    return this.#budget.take(DESCRIPTORS_PER_REGISTRATION) ? undefined : 'descriptors';
  }

  /** Resolves with nothing when the registrant was refused. */
  async #register(control: ControlConnection, plane: DataPlane): Promise<Registration | undefined> {
    const registration = await this.#open(control, plane);
    if (registration === undefined) return undefined;
    const { info, exchange, ended } = registration;
    this.#registrations.add(registration);
    void ended.then(() => this.#ports.give(info.clientPort));
    void exchange.finished.then(() => this.#registrations.delete(registration));
    this.emit('registered', info);
    if (this.#closing) await registration.end('shutdown');
    return registration;
  }

  /** Opens listeners on the first client port that nothing else on the machine holds. */
  async #open(control: ControlConnection, plane: DataPlane): Promise<Registration | undefined> {
    const inUse = new Set<number>();
    for (;;) {
      const clientPort = this.#ports.take(inUse);
      if (clientPort === undefined) return this.#turnAway(control, 'ports', '');
      const settings = exchangeSettings(this.#settings, clientPort, control.address);
      try {
        this.#lastId += 1;
        return await Registration.open(
          { id: this.#lastId, settings, control },
          plane,
          this.emit.bind(this) as EmitBrokerEvent,
        );
      } catch (error) {
        this.#ports.give(clientPort);
        const taken = clientPort !== 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!taken) return this.#turnAway(control, 'listen', reasonOf(error));
        inUse.add(clientPort);
      }
    }
  }

  #turnAway(control: ControlConnection, cause: RegistrationRefusal, detail: string): undefined {
    this.emit('refused', control.address, cause, detail);
    control.end();
  }
}

function exchangeSettings(
  settings: BrokerSettings,
  clientPort: number,
  registrant: string,
): ExchangeSettings {
  return {
    host: settings.host,
    clientPort,
    pairing: 'order',
    backConnectFrom: settings.backConnectFrom === 'same' ? registrant : undefined,
    limits: { allow: [], deny: [], clients: settings.maxClients, waiting: settings.maxClients },
    pairTimeout: settings.pairTimeout * 1000,
    halfCloseTimeout: settings.halfCloseTimeout * 1000,
  };
}
