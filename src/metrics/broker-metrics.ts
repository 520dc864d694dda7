import { Histogram, Registry } from 'prom-client';
import type { BrokerEvents } from '../broker/events.ts';
import type { FleetStatus } from '../broker/fleet/status.ts';
import type { BrokerStatus } from '../broker/status.ts';
import type {
  BackConnectRefusal,
  ConnectionRecord,
  PairedClient,
} from '../data-plane/data-plane.ts';
import { by, counter, gauge } from './figures.ts';
import { addFleetMetrics } from './fleet-metrics.ts';
import { addProcessMetrics } from './process-metrics.ts';

type TimedEvent = 'clientPaired' | 'clientEnded';

/** What the figures are read from. */
export interface MeasuredBroker {
  status(): BrokerStatus;
  fleet(): FleetStatus | undefined;
  on<E extends TimedEvent>(event: E, listener: (...args: BrokerEvents[E]) => void): unknown;
  off<E extends TimedEvent>(event: E, listener: (...args: BrokerEvents[E]) => void): unknown;
}

/** What is known of a hook. */
export interface MeasuredHook {
  readonly counters: { waiting: number; delivered: number; failed: number; dropped: number };
}

/** Upper bounds, in seconds: a back-connect is there in a round trip, or after `--pair-timeout`. */
const WAITS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** From a request of HTTP to an ssh session of a day. */
const DURATIONS = [0.01, 0.1, 1, 10, 60, 600, 3600, 21_600, 86_400];

/** The rest of what an exchange counts as refused are clients. */
const BACK_CONNECTS: Record<BackConnectRefusal, true> = {
  address: true,
  'no-client': true,
  ticket: true,
  hello: true,
  'pushed-out': true,
  spare: true,
};

/**
 * What a broker does, as figures for Prometheus. No label can be varied by a stranger or an agent,
 * so that what there is of them is bounded by this file.
 */
export class BrokerMetrics {
  readonly #registry = new Registry();
  readonly #broker: MeasuredBroker;
  readonly #stop: () => void;
  /** As it was when the scrape began. */
  #status: BrokerStatus;
  #fleet: FleetStatus | undefined;
  #accepted = 0;

  /**
   * @param version - of this program
   * @param hook - of the broker, if it has one
   */
  constructor(broker: MeasuredBroker, version: string, hook?: MeasuredHook) {
    this.#broker = broker;
    this.#status = broker.status();
    this.#addState(version);
    this.#addConnections();
    this.#addRefusals();
    if (hook !== undefined) this.#addHook(hook);
    const fleet = broker.fleet();
    if (fleet !== undefined) {
      addFleetMetrics(this.#registry, fleet.node, () => this.#fleet ?? fleet);
    }
    const stopTimes = this.#addTimes();
    const stopProcess = addProcessMetrics(this.#registry);
    this.#stop = () => {
      stopTimes();
      stopProcess();
    };
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /** The figures as they are now, in the text format. */
  scrape(): Promise<string> {
    this.#status = this.#broker.status();
    this.#fleet = this.#broker.fleet();
    return this.#registry.metrics();
  }

  close(): void {
    this.#stop();
  }

  #addState(version: string): void {
    gauge(this.#registry, {
      name: 'relay_build_info',
      help: 'Always 1, for its labels',
      labels: ['version', 'nodejs'],
      read: () => [{ labels: { version, nodejs: process.version }, value: 1 }],
    });
    gauge(this.#registry, {
      name: 'relay_draining',
      help: '1 from the beginning of the shutdown on, else 0',
      read: () => Number(this.#status.state === 'draining'),
    });
    gauge(this.#registry, {
      name: 'relay_registrations',
      help: 'Registrations: live, parked (the service is down), held (on lease, the agent is away) or draining (ended, connections run on)',
      labels: ['state'],
      read: () => by('state', this.#status.registrations),
    });
    gauge(this.#registry, {
      name: 'relay_data_plane_threads',
      help: 'Threads that move bytes besides the main one',
      labels: ['data_plane'],
      read: () => {
        const { name, threads } = this.#status.dataPlane;
        return [{ labels: { data_plane: name }, value: threads }];
      },
    });
    gauge(this.#registry, {
      name: 'process_open_fds',
      help: 'File descriptors in use, as far as they are counted',
      read: () => this.#status.descriptors.used,
    });
    gauge(this.#registry, {
      name: 'process_max_fds',
      help: 'File descriptors that the process may have open',
      read: () => this.#status.descriptors.most,
    });
  }

  #addConnections(): void {
    gauge(this.#registry, {
      name: 'relay_connections',
      help: 'Clients that wait for the service, and those that are joined with it',
      labels: ['state'],
      read: () => {
        const { waiting, paired } = this.#status.counters;
        return by('state', { waiting, paired });
      },
    });
    gauge(this.#registry, {
      name: 'relay_spares',
      help: 'Back-connects that wait for a client',
      read: () => this.#status.counters.spares,
    });
    counter(this.#registry, {
      name: 'relay_connections_accepted_total',
      help: 'Clients that were let in',
      read: () => {
        const { waiting, paired, ended } = this.#status.counters;
        const here = Object.values(ended).reduce((sum, count) => sum + count, waiting + paired);
        // Threads go on while they are read, and one may be between two of these: what seems to go down is taken for a restart.
        this.#accepted = Math.max(this.#accepted, here);
        return this.#accepted;
      },
    });
    counter(this.#registry, {
      name: 'relay_connections_ended_total',
      help: 'Clients whose connection is over, by how it ended',
      labels: ['ending'],
      read: () => by('ending', this.#status.counters.ended),
    });
    counter(this.#registry, {
      name: 'relay_bytes_total',
      help: 'Bytes read from clients for the service, and the other way round',
      labels: ['direction'],
      read: () => {
        const { bytesToServer, bytesToClient } = this.#status.counters;
        return by('direction', { to_server: bytesToServer, to_client: bytesToClient });
      },
    });
  }

  #addRefusals(): void {
    const refused = (areBackConnects: boolean) => {
      const all = by('cause', this.#status.counters.refused);
      return all.filter(({ labels: { cause } }) => cause in BACK_CONNECTS === areBackConnects);
    };
    counter(this.#registry, {
      name: 'relay_clients_refused_total',
      help: 'Clients that were reset on arrival',
      labels: ['cause'],
      read: () => refused(false),
    });
    counter(this.#registry, {
      name: 'relay_back_connects_refused_total',
      help: 'Back-connects that were closed on arrival',
      labels: ['cause'],
      read: () => refused(true),
    });
    counter(this.#registry, {
      name: 'relay_registrations_refused_total',
      help: 'Control connections that were turned away',
      labels: ['cause'],
      read: () => by('cause', this.#status.refused),
    });
    counter(this.#registry, {
      name: 'relay_doors_refused_total',
      help: 'Connections to front doors that were turned away',
      labels: ['door', 'cause'],
      read: () =>
        this.#status.doorRefused.map(({ door, cause, count }) => ({
          labels: { door, cause },
          value: count,
        })),
    });
    counter(this.#registry, {
      name: 'relay_authentication_failures_total',
      help: 'Agents that said to have a token, and had not',
      read: () => this.#status.authenticationFailures,
    });
  }

  #addHook(hook: MeasuredHook): void {
    gauge(this.#registry, {
      name: 'relay_hook_events_waiting',
      help: 'Events that wait to be told to the hook',
      read: () => hook.counters.waiting,
    });
    counter(this.#registry, {
      name: 'relay_hook_events_total',
      help: 'Events for the hook: delivered, failed (it did not take them) or dropped (too many waited)',
      labels: ['outcome'],
      read: () => {
        const { delivered, failed, dropped } = hook.counters;
        return by('outcome', { delivered, failed, dropped });
      },
    });
  }

  /** The only ones that are made of events, since nobody keeps them. */
  #addTimes(): () => void {
    const registers = [this.#registry];
    const waits = new Histogram({
      name: 'relay_pairing_wait_seconds',
      help: 'From the arrival of a client until it is joined with the service',
      buckets: WAITS,
      registers,
    });
    const durations = new Histogram({
      name: 'relay_connection_duration_seconds',
      help: 'From the arrival of a client to the end of its connection',
      buckets: DURATIONS,
      registers,
    });
    const paired = (_: unknown, { waited }: PairedClient) => waits.observe(waited / 1000);
    const ended = (_: unknown, { lasted }: ConnectionRecord) => durations.observe(lasted / 1000);
    this.#broker.on('clientPaired', paired);
    this.#broker.on('clientEnded', ended);
    return () => {
      this.#broker.off('clientPaired', paired);
      this.#broker.off('clientEnded', ended);
    };
  }
}
