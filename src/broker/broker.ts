import { EventEmitter } from 'node:events';
import { RelayError } from '../errors.ts';
import {
  type BrokerOptions,
  type BrokerSettings,
  brokerOptions,
} from '../options/broker-options.ts';
import { checkOptions } from '../options/option.ts';
import type { BrokerEvents, EmitBrokerEvent } from './events.ts';
import { RunningBroker } from './running-broker.ts';

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
  #started = false;
  #running: RunningBroker | undefined;
  #closing: Promise<void> | undefined;

  /** @internal Use {@link createBroker}, which checks the options. */
  constructor(settings: BrokerSettings) {
    super();
    this.#settings = settings;
  }

  /**
   * Opens the control listener, and the client ports of the leases in the state file.
   *
   * @returns the address and port it is bound to.
   * @throws RelayError `E_LISTEN` when the system refuses, `E_DATA_PLANE` when the
   *   data plane asked for cannot be had, `E_TOKENS`, `E_TLS` or `E_STATE` when such a
   *   file cannot be used, `E_BAD_OPTION` when nobody could come in by a front door.
   */
  async start(): Promise<{ host: string; port: number }> {
    if (this.#started || this.#closing) {
      throw new RelayError('E_LISTEN', 'A broker can be started once. Make another one.');
    }
    this.#started = true;
    const running = await RunningBroker.open(
      this.#settings,
      this.emit.bind(this) as EmitBrokerEvent,
    );
    if (this.#closing) {
      await running.close();
      throw new RelayError('E_LISTEN', 'The broker was closed while it started.');
    }
    this.#running = running;
    this.emit('listening', running.at);
    return running.at;
  }

  /**
   * Stops accepting at once and waits for relayed connections to end; those
   * left after the drain time are reset. Calling again with less time shortens it.
   *
   * @param drain - seconds to wait. Default: the `drain` option.
   */
  async close({ drain = this.#settings.drain }: { drain?: number } = {}): Promise<void> {
    const closing = this.#closing ?? this.#running?.close() ?? Promise.resolve();
    this.#closing = closing;
    const deadline = setTimeout(() => this.#running?.cut(), drain * 1000);
    try {
      await closing;
    } finally {
      clearTimeout(deadline);
    }
  }
}
