import type { Registry } from 'prom-client';
import type { FleetMember, FleetStatus } from '../broker/fleet/status.ts';
import { by, counter, gauge } from './figures.ts';

/**
 * Adds what a broker knows of its fleet. Its own name becomes a label of every metric there is, so that figures can be told
 * apart by what brokers call each other.
 */
export function addFleetMetrics(registry: Registry, node: string, fleet: () => FleetStatus): void {
  registry.setDefaultLabels({ node });
  addState(registry, fleet);
  addClaims(registry, fleet);
  addForwarded(registry, fleet);
}

function addState(registry: Registry, fleet: () => FleetStatus): void {
  gauge(registry, {
    name: 'relay_fleet_members',
    help: 'Brokers of the fleet, this one included: live, draining (about to leave), silent or gone of late',
    labels: ['state'],
    read: () => by('state', countByState(fleet().members)),
  });
  gauge(registry, {
    name: 'relay_fleet_names',
    help: 'Names that this broker has, and those that others have',
    labels: ['owner'],
    read: () => by('owner', { ...fleet().names }),
  });
  gauge(registry, {
    name: 'relay_fleet_directory_reachable',
    help: '1 while names and leases can be claimed, else 0',
    read: () => Number(fleet().directory.reachable),
  });
  gauge(registry, {
    name: 'relay_fleet_tenure_held',
    help: '1 while what this broker has claimed is its own, else 0: clients that ask for a name wait',
    read: () => Number(fleet().tenure.held),
  });
  gauge(registry, {
    name: 'relay_fleet_clients_waiting',
    help: 'Clients that wait for a name that is on its way to another broker',
    read: () => fleet().waiting,
  });
}

function addClaims(registry: Registry, fleet: () => FleetStatus): void {
  counter(registry, {
    name: 'relay_fleet_claims_total',
    help: 'Names and leases that this broker has claimed',
    read: () => fleet().claims.made,
  });
  counter(registry, {
    name: 'relay_fleet_claims_refused_total',
    help: 'Names and leases that this broker could not claim',
    labels: ['cause'],
    read: () => by('cause', fleet().claims.refused),
  });
  counter(registry, {
    name: 'relay_fleet_claims_lost_total',
    help: 'Names and leases of this broker that another one has got',
    read: () => fleet().claims.lost,
  });
}

function addForwarded(registry: Registry, fleet: () => FleetStatus): void {
  gauge(registry, {
    name: 'relay_fleet_forwarded_connections',
    help: 'Clients that came to this broker and are served by others',
    read: () => fleet().forwarded.now,
  });
  counter(registry, {
    name: 'relay_fleet_forwarded_connections_total',
    help: 'Clients that came to this broker and were taken to others',
    read: () => fleet().forwarded.total,
  });
  counter(registry, {
    name: 'relay_fleet_forwarded_bytes_total',
    help: 'Bytes of clients that came to this broker and are served by others',
    labels: ['direction'],
    read: () => {
      const { bytesToServer, bytesToClient } = fleet().forwarded;
      return by('direction', { to_server: bytesToServer, to_client: bytesToClient });
    },
  });
  counter(registry, {
    name: 'relay_fleet_forward_failures_total',
    help: 'Tries to take a client to another broker that failed',
    labels: ['cause'],
    read: () => by('cause', fleet().forwarded.failures),
  });
}

function countByState(members: readonly FleetMember[]): Record<FleetMember['state'], number> {
  const counts = { live: 0, draining: 0, silent: 0, gone: 0 };
  for (const { state } of members) counts[state] += 1;
  return counts;
}
