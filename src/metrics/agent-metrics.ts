import { Registry } from 'prom-client';
import type { AgentState, AgentStatus } from '../agent/status.ts';
import { counter, gauge, type Sample } from './figures.ts';
import { addProcessMetrics } from './process-metrics.ts';

const STATES: Record<AgentState, true> = {
  connecting: true,
  live: true,
  down: true,
  retrying: true,
  draining: true,
  ended: true,
};

/** What agents do, as figures for Prometheus. The services of a process are all that labels can vary in. */
export class AgentMetrics {
  readonly #registry = new Registry();
  readonly #services: () => ReadonlyMap<string, AgentStatus>;
  readonly #stop: () => void;
  /** As they were when the scrape began. */
  #now: ReadonlyMap<string, AgentStatus> = new Map();

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /**
   * @param services - asked at each scrape, by what each is called
   * @param version - of this program
   */
  constructor(services: () => ReadonlyMap<string, AgentStatus>, version: string) {
    this.#services = services;
    gauge(this.#registry, {
      name: 'relay_build_info',
      help: 'Always 1, for its labels',
      labels: ['version', 'nodejs'],
      read: () => [{ labels: { version, nodejs: process.version }, value: 1 }],
    });
    this.#addState();
    this.#addConnections();
    this.#stop = addProcessMetrics(this.#registry);
  }

  /** The figures as they are now, in the text format. */
  scrape(): Promise<string> {
    this.#now = this.#services();
    return this.#registry.metrics();
  }

  close(): void {
    this.#stop();
  }

  #addState(): void {
    gauge(this.#registry, {
      name: 'relay_agent_state',
      help: '1 for the state that a service is in, 0 for the others; clients can come when it is live',
      labels: ['service', 'state'],
      read: () =>
        this.#each(({ state }) =>
          Object.keys(STATES).map((each) => ({
            labels: { state: each },
            value: Number(each === state),
          })),
        ),
    });
    counter(this.#registry, {
      name: 'relay_agent_registrations_total',
      help: 'How often a service was registered with the relay',
      labels: ['service'],
      read: () => this.#each(({ registrations }) => [{ value: registrations }]),
    });
    counter(this.#registry, {
      name: 'relay_agent_redirects_total',
      help: 'How often a relay has sent a service to another one of its fleet',
      labels: ['service'],
      read: () => this.#each(({ redirects }) => [{ value: redirects }]),
    });
  }

  #addConnections(): void {
    gauge(this.#registry, {
      name: 'relay_agent_connections',
      help: 'Clients that are joined with a service, or about to be',
      labels: ['service'],
      read: () => this.#each(({ connections }) => [{ value: connections.open }]),
    });
    counter(this.#registry, {
      name: 'relay_agent_connections_ended_total',
      help: 'Clients that were joined with a service and whose connection is over, by how it ended',
      labels: ['service', 'ending'],
      read: () =>
        this.#each(({ connections }) =>
          Object.entries(connections.ended).map(([ending, value]) => ({
            labels: { ending },
            value,
          })),
        ),
    });
    counter(this.#registry, {
      name: 'relay_agent_connections_failed_total',
      help: 'Clients that could not be fetched from the relay, or not be joined with a service',
      labels: ['service'],
      read: () => this.#each(({ connections }) => [{ value: connections.failed }]),
    });
    counter(this.#registry, {
      name: 'relay_agent_bytes_total',
      help: 'Bytes read from clients for a service, and the other way round',
      labels: ['service', 'direction'],
      read: () =>
        this.#each(({ bytesToServer, bytesToClient }) => [
          { labels: { direction: 'to_server' }, value: bytesToServer },
          { labels: { direction: 'to_client' }, value: bytesToClient },
        ]),
    });
  }

  /** The samples of all services, each with its name. */
  #each(samplesOf: (status: AgentStatus) => Sample[]): Sample[] {
    return [...this.#now].flatMap(([service, status]) =>
      samplesOf(status).map(({ labels, value }) => ({ labels: { service, ...labels }, value })),
    );
  }
}
