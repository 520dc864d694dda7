import type {
  ArrivedClient,
  BackConnectRefusal,
  ClientRefusal,
  ConnectionRecord,
  DataPlane,
  DataPlaneWarning,
  ExchangeCounters,
  PairedClient,
} from '../data-plane/data-plane.ts';
import type { Kind } from '../directory/records.ts';
import type { RelayError } from '../errors.ts';
import type { ForwardRecord } from '../links/forwarding.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import type { FailureReason } from '../protocol/extended.ts';
import type { ForwardFailure } from './fleet/counts.ts';
import type { ReloadReport } from './reload.ts';

/** A server's registration and the ports opened for it. */
export interface RegistrationInfo {
  id: number;
  protocol: 'basic' | 'extended' | 'mux' | 'announce' | 'pool' | 'names';
  /** Where the server's control connection came from; empty for a pool, and while only a lease of the state file is known. */
  address: string;
  /** 0 where clients reach it by name only. */
  clientPort: number;
  /** 0 where its server needs no port of its own to fetch clients. */
  backConnectPort: number;
  /** That its clients may ask for, at the doors that know names. */
  name?: string | undefined;
  /** Whether others with the same token may share its name and its client port. */
  group?: boolean | undefined;
  /** Name of the token that it was made with. */
  token?: string | undefined;
  /** Whether its control connection and back-connects are encrypted. */
  secured: boolean;
  /** The broker of a fleet that it is at, `<advertise>:<control port>`; nothing where the broker is alone. */
  node?: string | undefined;
  /** Of the claim of its name, in a fleet: of two claims, the larger came later. */
  generation?: number | undefined;
}

/**
 * Why a control connection ended that leaves its registration behind. `closed`: the agent closed it. `lost`: it failed.
 * `silent`: nothing came for longer than the deadline. `not-reading`: notifications piled up
 * unread. The others: what came does not belong there.
 */
export type Interruption =
  | 'closed'
  | 'lost'
  | 'silent'
  | 'not-reading'
  | 'bad-message'
  | 'line-too-long'
  | 'out-of-order';

/**
 * Why a registration ended. `closed`: the server closed its control connection.
 * `lost`: that connection failed. `silent`: notifications stayed unanswered or
 * unacknowledged. `not-reading`: notifications piled up unread. `junk`: the
 * server sent something, which its protocol has no place for. `unanswered`: a
 * ping of its yamux session was not answered. `misbehaved`: it broke the rules of yamux. `bye`: the
 * agent said so. `lease-over`: no agent came back in time. `released`: whoever had reserved its
 * name gave that back. `unused`: nobody used its name for a day. `revoked`: its token
 * was withdrawn or has expired. `moved`: another process has taken the place of this broker, or its agent was sent to another
 * one of the fleet, and goes on with it. `claim-lost`: another broker of the fleet has its name or its lease. `directory-away`: this
 * broker cannot tell any more whose its name is. `token-full`: others of its token were registered elsewhere in the fleet at
 * the same moment, and it is one too many. `kicked`: the operator
 * ended it. `shutdown`: the broker closed.
 */
export type RegistrationEnding =
  | 'closed'
  | 'lost'
  | 'silent'
  | 'not-reading'
  | 'junk'
  | 'unanswered'
  | 'misbehaved'
  | 'bye'
  | 'lease-over'
  | 'released'
  | 'unused'
  | 'revoked'
  | 'kicked'
  | 'moved'
  | 'claim-lost'
  | 'directory-away'
  | 'token-full'
  | 'shutdown';

/**
 * Why a control connection was not made a registration. `full`: too many are
 * here. `token-full`: too many of its token. `descriptors`: the process has none
 * left. `no-port`: no client port is free. `listen`: the listeners could not be
 * opened. `tls`: the TLS handshake failed. `pushed-out`: it took its time, and
 * others came. `back-connect`: it is one, but for no registration that is here.
 * The others: see docs/protocol.md, "Error codes".
 */
export type RegistrationRefusal =
  | 'full'
  | 'token-full'
  | 'descriptors'
  | 'listen'
  | 'tls'
  | 'pushed-out'
  | 'back-connect'
  | ErrorCode;

/** What a front door is called: the protocol that is spoken there. */
export type DoorName = 'announce' | 'pool' | 'names' | 'names-client' | 'tls-names' | 'http-names';

/**
 * Why a front door turned somebody away. `timeout`: it did not say in time what it
 * wants. `unknown`: no service has the name that it asks for. `away`: that service is not
 * there. `used`: somebody else has the name. `too-many-names`: its address has too many.
 * `bad-name`: no service may be called so. `unknown-command`: it asks for something else.
 * `unnamed`: its ClientHello names no host. `not-tls`: it sent no ClientHello. `bad-request`,
 * `http2`, `http-version`, `head-too-large`: its request is none that can be passed on. The others
 * are as for registrations.
 */
export type DoorRefusal =
  | RegistrationRefusal
  | 'timeout'
  | 'unknown'
  | 'away'
  | 'used'
  | 'too-many-names'
  | 'bad-name'
  | 'unknown-command'
  | 'unnamed'
  | 'not-tls'
  | 'bad-request'
  | 'http2'
  | 'http-version'
  | 'head-too-large';

/**
 * How it goes when another process asks for the place of this broker. `asked`: it is there. `shut`: nobody is let in,
 * and so many clients still wait. `given`: it has all that it needs. `moved`: it serves, and so many connections run on
 * here. `finished`: none does any more. `failed`: this broker goes on as before.
 */
export type HandoverProgress =
  | { stage: 'asked'; pid: number }
  | { stage: 'shut'; waiting: number }
  | { stage: 'given'; listeners: number; leases: number }
  | { stage: 'moved'; connections: number }
  | { stage: 'finished' }
  | { stage: 'failed'; reason: string };

/** The same as the process sees it that asks. */
export type TakeoverProgress =
  | { stage: 'found'; pid: number }
  | { stage: 'received'; listeners: number; leases: number }
  | { stage: 'serving' };

/**
 * What has become of another broker of the fleet. `joined`: it is one now. `silent`: nothing was heard of it for a
 * while. `back`: it was, again. `draining`: it is about to leave. `left`: it has, as it had said. `gone`: it has left without
 * a word, or was counted out; others may have its names.
 */
export type MemberChange = 'joined' | 'silent' | 'back' | 'draining' | 'left' | 'gone';

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
  /** A front door is open. */
  doorOpened: [door: DoorName, at: { host: string; port: number }];
  /** A front door turned somebody away; `detail` is what was sent, or the name that was asked for. */
  doorRefused: [door: DoorName, address: string, cause: DoorRefusal, detail: string];
  /** Clients can connect to `registration.clientPort`. */
  registered: [registration: RegistrationInfo];
  /** A lease of the state file: clients can connect, and wait for the agent to come back. */
  restored: [registration: RegistrationInfo];
  /** A lease of the state file could not be taken up again. */
  leaseLost: [clientPort: number, reason: string];
  /** The state file cannot be written: what changed since would not outlive this process. */
  stateFailed: [error: RelayError];
  /** The control connection is gone; clients wait for so many seconds for the agent to come back. */
  held: [registration: RegistrationInfo, interruption: Interruption, lease: number];
  /** The agent is back. */
  resumed: [registration: RegistrationInfo];
  /** Both listeners of a registration are shut; relayed connections may still run. */
  ended: [registration: RegistrationInfo, ending: RegistrationEnding, counters: ExchangeCounters];
  /** Two agents use one key: one from this address was refused. */
  keyShared: [registration: RegistrationInfo, address: string];
  /** The agent's service is down: clients are refused. */
  parked: [registration: RegistrationInfo, reason: string];
  /** The agent's service is back. */
  unparked: [registration: RegistrationInfo];
  /** The agent cannot reach its service for a client. `count`: how often so far, for this reason. */
  targetFailed: [registration: RegistrationInfo, reason: FailureReason, count: number];
  /** A control connection was turned away; `detail` is what it sent or what the system said. */
  refused: [address: string, cause: RegistrationRefusal, detail: string];
  /** Somebody said to have the token of this name, and has not. `count`: how often that happened so far, with any name. */
  authenticationFailed: [address: string, name: string, count: number];
  /** It goes by other options. */
  reloaded: [report: ReloadReport];
  /** A file of tokens or certificates, or what it is to go by, cannot be used as it is now; what was there before goes on. */
  reloadFailed: [error: RelayError];
  /** A client arrived and its server was notified. */
  clientWaiting: [registration: RegistrationInfo, client: ArrivedClient];
  /** A client and its service are joined. */
  clientPaired: [registration: RegistrationInfo, client: PairedClient];
  /** A client's connection is over, paired or not. */
  clientEnded: [registration: RegistrationInfo, record: ConnectionRecord];
  /** A client was reset on arrival. */
  clientRefused: [registration: RegistrationInfo, cause: ClientRefusal, address: string];
  /** A back-connect was closed on arrival. */
  backConnectRefused: [registration: RegistrationInfo, cause: BackConnectRefusal, address: string];
  /** Closing: so many relayed connections may still finish. Told at once, and then every now and then. */
  draining: [connections: number];
  /** Closed: all connections have finished but so many, which were reset since the time to do so was over. */
  drained: [cut: number];
  /** Another process takes the place of this broker. */
  handover: [progress: HandoverProgress];
  /** This broker takes the place of another process. */
  takeover: [progress: TakeoverProgress];
  /** This broker is one of the fleet of this name, called so by the others, which dial this port. */
  joined: [cluster: string, node: string, port: number];
  /** Whether names and leases can be claimed in the fleet has changed: NATS answers, or does not. */
  directory: [reachable: boolean];
  /** Something is wrong with NATS, or with what lies there, that an operator is to look at. */
  directoryFailed: [error: RelayError];
  /** Whether this broker may serve clients by what it has claimed has changed; without it, they wait. */
  tenure: [held: boolean];
  /** Something has become of another broker of the fleet, named as agents reach it. */
  member: [name: string, change: MemberChange];
  /** A client could not be taken to another broker of the fleet, that of this name; it may be tried again. */
  forwardFailed: [to: string, cause: ForwardFailure, detail: string];
  /** A client's connection is over that came here, `node`, and that another broker of the fleet served. */
  forwardEnded: [node: string, record: ForwardRecord];
  /** Another broker of the fleet has what was claimed for a registration; `to`: its name, if it is known. */
  claimLost: [registration: RegistrationInfo, kind: Kind, to: string | undefined];
  /** After `registered`: the agent has come from another broker of the fleet, that of this name, and keeps its lease. */
  adopted: [registration: RegistrationInfo, from: string];
  /** Before `ended`: the agent was sent to another broker of the fleet, that of this name, with its lease. */
  moved: [registration: RegistrationInfo, to: string];
}

export type EmitBrokerEvent = <E extends keyof BrokerEvents>(
  event: E,
  ...args: BrokerEvents[E]
) => void;
