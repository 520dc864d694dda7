import { EventEmitter } from 'node:events';
import type { OperatedBroker } from '#src/admin/operated-broker.ts';
import type { BrokerEvents } from '#src/broker/events.ts';
import type { FleetName, FleetStatus } from '#src/broker/fleet/status.ts';
import type { BrokerStatus, RegistrationStatus } from '#src/broker/status.ts';
import type { ExchangeCounters, LiveConnection } from '#src/data-plane/data-plane.ts';
import type { ForwardedConnection } from '#src/links/forwarding.ts';

const COUNTERS: ExchangeCounters = {
  waiting: 0,
  paired: 1,
  spares: 0,
  ended: {
    eof: 3,
    'client-reset': 1,
    'server-reset': 0,
    'half-close-timeout': 0,
    idle: 0,
    'target-failed': 0,
    'relay-error': 0,
    cut: 0,
    drain: 0,
    kicked: 0,
    revoked: 0,
    unfetched: 2,
    stopped: 0,
  },
  refused: {
    limit: 0,
    waiting: 0,
    'address-limit': 0,
    rate: 4,
    denied: 0,
    parked: 0,
    descriptors: 0,
    address: 0,
    'no-client': 5,
    ticket: 0,
    hello: 0,
    'pushed-out': 0,
    spare: 0,
  },
  bytesToServer: 1000,
  bytesToClient: 2000,
};

const STATUS: BrokerStatus = {
  state: 'serving',
  started: new Date('2026-01-01T00:00:00Z'),
  at: { host: '127.0.0.1', port: 8080 },
  doors: [{ name: 'pool', host: '127.0.0.1', port: 9000 }],
  dataPlane: { name: 'linux', threads: 2 },
  registrations: { live: 1, parked: 0, held: 0, draining: 0 },
  counters: COUNTERS,
  refused: { full: 1 },
  doorRefused: [{ door: 'pool', cause: 'timeout', count: 2 }],
  authenticationFailures: 6,
  descriptors: { used: 100, most: 1024 },
};

const REGISTRATION: RegistrationStatus = {
  info: {
    id: 7,
    protocol: 'extended',
    address: '192.0.2.7',
    clientPort: 40123,
    backConnectPort: 40124,
    name: 'blog',
    token: 'alice',
    secured: true,
  },
  state: 'live',
  since: new Date('2026-01-01T00:01:00Z'),
  counters: COUNTERS,
};

const CONNECTION: LiveConnection = {
  id: 3,
  state: 'paired',
  clientAddress: '198.51.100.3',
  sourcePort: 50_000,
  bytesToServer: 10,
  bytesToClient: 20,
  waited: 5,
  lasted: 1500,
};

/** A client that another broker of the fleet serves. */
export const ONWARD: ForwardedConnection = {
  ...{ id: 9, name: 'shop', member: 'relay-2.example.net:8080' },
  ...{ clientAddress: '198.51.100.3', sourcePort: 50_000, bytesToServer: 10, bytesToClient: 20 },
  ...{ waited: 5, lasted: 1500 },
};

/** A fleet of three, one of which is silent, as the first of them sees it. */
export const FLEET: FleetStatus = {
  cluster: 'eu-1',
  node: 'relay-1.example.net:8080',
  directory: { reachable: true, since: new Date('2026-01-01T00:00:00Z') },
  tenure: { held: true, since: new Date('2026-01-01T00:00:00Z') },
  members: [
    {
      ...{ name: 'relay-1.example.net:8080', state: 'live', self: true, dialled: false },
      load: { registrations: 1, connections: 1 },
    },
    {
      ...{ name: 'relay-2.example.net:8080', state: 'draining', self: false, dialled: true },
      load: { registrations: 12, connections: 1300 },
    },
    {
      ...{ name: 'relay-3.example.net:8080', state: 'silent', self: false, dialled: false },
      load: { registrations: 0, connections: 0 },
    },
  ],
  names: { here: 1, elsewhere: 2 },
  claims: { made: 5, refused: { taken: 1, unreachable: 0, closed: 0 }, lost: 1 },
  forwarded: {
    ...{ now: 2, total: 7, bytesToServer: 300, bytesToClient: 400 },
    failures: {
      ...{ 'not-here': 1, away: 0, unreachable: 2, untrusted: 0, timeout: 0, lost: 0 },
      ...{ misbehaved: 0, descriptors: 0, closed: 0, reset: 0 },
    },
  },
  waiting: 4,
};

/** A broker to be looked at that is none: it says what it is told to, and notes what is done to it. */
export class FakeBroker extends EventEmitter<BrokerEvents> implements OperatedBroker {
  now: BrokerStatus = STATUS;
  here: RegistrationStatus[] = [REGISTRATION];
  live: LiveConnection[] = [CONNECTION];
  /** Undefined while it is alone. */
  inFleet: FleetStatus | undefined;
  names: FleetName[] = [];
  onward: ForwardedConnection[] = [];
  readonly done: string[] = [];
  /** What its data plane answers to whoever asks whether it lives. */
  answer: Promise<void> = Promise.resolve();

  status(): BrokerStatus {
    return this.now;
  }

  registrations(): RegistrationStatus[] {
    return this.here;
  }

  fleet(): FleetStatus | undefined {
    return this.inFleet;
  }

  fleetNames(): FleetName[] | undefined {
    return this.inFleet && this.names;
  }

  async connections(registration: number): Promise<LiveConnection[] | undefined> {
    return this.#has(registration) ? this.live : undefined;
  }

  forwarded(): ForwardedConnection[] | undefined {
    return this.inFleet && this.onward;
  }

  async endForwarded(connection: number): Promise<boolean> {
    this.done.push(`end forwarded/${connection}`);
    return this.onward.some(({ id }) => id === connection);
  }

  async endConnection(registration: number, connection: number): Promise<boolean> {
    this.done.push(`end ${registration}/${connection}`);
    return this.#has(registration) && this.live.some(({ id }) => id === connection);
  }

  async endRegistration(registration: number): Promise<boolean> {
    this.done.push(`end ${registration}`);
    return this.#has(registration);
  }

  answers(): Promise<void> {
    return this.answer;
  }

  #has(registration: number): boolean {
    return this.here.some(({ info }) => info.id === registration);
  }
}
