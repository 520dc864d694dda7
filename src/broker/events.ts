import type {
  BackConnectRefusal,
  ClientRefusal,
  ConnectionRecord,
  DataPlane,
  DataPlaneWarning,
  ExchangeCounters,
} from '../data-plane/data-plane.ts';
import type { RelayError } from '../errors.ts';

/** A server that keeps a control connection and the ports opened for it. */
export interface RegistrationInfo {
  id: number;
  /** Where the server's control connection came from. */
  address: string;
  clientPort: number;
  backConnectPort: number;
}

/**
 * Why a registration ended. `closed`: the server closed its control connection.
 * `lost`: that connection failed. `silent`: notifications stayed unanswered or
 * unacknowledged. `not-reading`: notifications piled up unread. `junk`: the
 * server sent something, which the basic protocol has no place for. `shutdown`:
 * the broker closed.
 */
export type RegistrationEnding = 'closed' | 'lost' | 'silent' | 'not-reading' | 'junk' | 'shutdown';

/**
 * Why a control connection was not made a registration. `full`: too many are
 * here. `descriptors`: the process has none left. `ports`: no client port is
 * free. `listen`: the listeners could not be opened. The others: what it sent
 * first was not a line that this broker knows.
 */
export type RegistrationRefusal =
  | 'full'
  | 'descriptors'
  | 'ports'
  | 'listen'
  | 'hello-unknown'
  | 'line-too-long'
  | 'hello-timeout';

/** What a broker reports while it runs, with the arguments of each listener. */
export interface BrokerEvents {
  /** Which data plane moves the bytes, and why this one. */
  dataPlane: [name: DataPlane['name'], reason: string];
  /** The data plane is short of something, and goes on without. As often as it happens. */
  warning: [warning: DataPlaneWarning];
  /** The data plane has failed, and the process has to end. Without a listener, it does (see `EventEmitter`). */
  error: [error: RelayError];
  /** The control listener is open. */
  listening: [at: { host: string; port: number }];
  /** Clients can connect to `registration.clientPort`. */
  registered: [registration: RegistrationInfo];
  /** Both listeners of a registration are shut; relayed connections may still run. */
  ended: [registration: RegistrationInfo, ending: RegistrationEnding, counters: ExchangeCounters];
  /** A control connection was turned away; `detail` is what it sent or what the system said. */
  refused: [address: string, cause: RegistrationRefusal, detail: string];
  /** A client arrived and its server was notified. */
  clientWaiting: [registration: RegistrationInfo, client: { id: number; address: string }];
  /** A client's connection is over, paired or not. */
  clientEnded: [registration: RegistrationInfo, record: ConnectionRecord];
  /** A client was reset on arrival. */
  clientRefused: [registration: RegistrationInfo, cause: ClientRefusal, address: string];
  /** A back-connect was closed on arrival. */
  backConnectRefused: [registration: RegistrationInfo, cause: BackConnectRefusal, address: string];
  /** Closing: so many relayed connections may still finish. */
  draining: [connections: number];
}
