import type { Duplex } from 'node:stream';
import type { ConnectionOptions, TlsOptions } from 'node:tls';

/**
 * The data plane moves bytes: it owns the two listeners of a registration, the
 * pairing of clients with back-connects, the relay between them, its timeouts
 * and its counters. Everything above it is policy. Only plain data crosses this
 * interface, and those sockets that came in by another door ({@link Exchange.adopt},
 * {@link Exchange.adoptClient}), so that an implementation may live in another thread
 * and hold nothing but descriptors.
 */
export interface DataPlane {
  readonly name: 'linux' | 'portable';
  /** Of its own, that run at the moment. */
  readonly threads: number;
  /**
   * Opens both listeners. The observer is called only after the promise has
   * resolved. Rejects with the system's error (`EADDRINUSE`, …) and leaves nothing open.
   */
  openExchange(settings: ExchangeSettings, observer: ExchangeObserver): Promise<Exchange>;
  /** Dials the relay and a target and joins them. */
  dialPair(request: DialRequest): DialledPair;
  /** Dials the relay, for a client that is yet to come. */
  dialSpare(request: SpareRequest): DialledSpare;
  /** Resolves when each of its threads has answered; while one hangs, it does not. */
  answers(): Promise<void>;
  /** Ends its threads, if it has any. To be called when all exchanges, pairs and spares are over. */
  close(): Promise<void>;
}

/** Told what concerns a data plane as a whole. */
export interface DataPlaneObserver {
  /** Something is short, and the plane goes on without it. Called as often as it happens. */
  warning(warning: DataPlaneWarning): void;
  /** A thread has died, and with it its connections, which nobody can close any more: the process has to end. */
  failed(error: Error): void;
}

/**
 * `accept`: no descriptors or memory left, clients stay in the backlog.
 * `pipes`: none left for this user, bytes are copied instead.
 * `stall`: a connection stood still although it need not have, and was moved on.
 */
export type DataPlaneWarning = 'accept' | 'pipes' | 'stall';

/** Where a stream socket can be dialled. */
export type Endpoint = { host: string; port: number } | { path: string };

/**
 * What can be relayed: a TCP or TLS socket, or something that behaves like one. Of the latter, the portable
 * data plane takes back-connects and clients, the others clients only.
 */
export interface StreamSocket extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly timeout?: number | undefined;
  setTimeout(milliseconds: number): unknown;
  resetAndDestroy(): unknown;
}

/** One registration's worth of relaying: its listeners and all its connections. */
export interface Exchange {
  /** 0 where there is no such listener. */
  readonly clientPort: number;
  readonly backConnectPort: number;
  /**
   * The registrant is here. From now on it is to be sent a line for each client that
   * comes, and one for each that waits already; these have their full time to wait anew.
   * An exchange is on {@link Exchange.hold} when it opens.
   */
  announce(announcement: Announcement): void;
  /** Sends the registrant a line of another kind, in order with those of {@link Exchange.announce}. */
  say(line: string): void;
  /**
   * The registrant has gone and may come back: clients wait without a limit of time,
   * spares are closed, and nothing is said. Nobody writes to its descriptor any more but
   * the rest of a line, and that soon.
   */
  hold(): void;
  /** Whether clients are refused, with a reset. Those that wait when it begins are reset. */
  park(parked: boolean): void;
  /** Whether it can be held to bytes per second. */
  readonly hasByteRates: boolean;
  /** What clients that come from now on are held to. Throws where a list is no list of addresses. */
  limit(limits: ClientLimits): void;
  /** Resets the client that this ticket was made for, waiting or paired, as one whose service cannot be reached. */
  fail(ticket: string): void;
  /**
   * Takes a back-connect that came in by another door, with its first line, where clients have
   * tickets, and what came behind that. The socket is paused, has an error listener, keeps both
   * directions apart (`allowHalfOpen`), is encrypted if this exchange's back-connects are, is counted
   * in the budget of descriptors until it closes if it has one, and is this exchange's from now on,
   * its end included. It may be destroyed at once, and the connection live on elsewhere.
   */
  adopt(socket: StreamSocket, hello: BackConnectHello | undefined, rest: Buffer): void;
  /**
   * Takes a client that came in by another door, under the same conditions and this exchange's limits.
   * Every data plane takes what is no socket, too.
   *
   * @param begun - without it, nothing was done but to accept it: it is treated as one that came by
   * the exchange's own port, and encrypted if those are
   */
  adoptClient(client: StreamSocket, begun?: ClientBeginning): void;
  /** Back-connects that wait for a client. */
  readonly spares: number;
  /** Live figures; the byte counts move while connections run. */
  counters(): ExchangeCounters;
  /** The clients there are at the moment, with what their connections have moved so far. */
  connections(): Promise<LiveConnection[]>;
  /** Its listeners, for whoever duplicates them at once. */
  readonly listeners: ListenerDescriptors;
  /**
   * Shuts one listener. Resolves when nobody is on the way in any more. Who comes is refused, but
   * waits in the kernel's queue if the listener was duplicated.
   */
  shut(side: ListenerSide): Promise<void>;
  /** Takes clients or back-connects from listeners that exist already, and are this exchange's from now on. Rejects with the system's error. */
  acceptFrom(listeners: ListenerDescriptors): Promise<void>;
  /** Shuts both listeners and resets the waiting clients; pairs run on. Resolves once shut. */
  stop(): Promise<void>;
  /** Resets every pair, to be called after {@link stop}; or one client at any time, whether it waits or is paired. */
  cut(why: CutReason, client?: number): void;
  /** Resolves when the exchange is stopped and its last connection has closed. */
  readonly finished: Promise<void>;
}

/** Who comes by a listener. */
export type ListenerSide = keyof ListenerDescriptors;

/** Descriptors of TCP listeners; undefined where there is none, or none to be had. */
export interface ListenerDescriptors {
  readonly clients?: number | undefined;
  readonly backConnects?: number | undefined;
}

export interface ExchangeSettings {
  /** Address to listen on; every address when undefined. */
  host: string | undefined;
  /** 0 lets the system pick; undefined where clients come by other doors only. */
  clientPort: number | undefined;
  /** The same for back-connects. */
  backConnectPort: number | undefined;
  /** How a back-connect finds its client: in order of arrival, or by the ticket in its first line. */
  pairing: 'order' | 'ticket';
  /** The only address, or the list of addresses and CIDR blocks, that back-connects are taken from; anyone's when undefined. */
  backConnectFrom: string | readonly string[] | undefined;
  limits: ClientLimits;
  /** Milliseconds a client waits for its back-connect. */
  pairTimeout: number;
  /** Milliseconds a half-closed connection may stay silent. */
  halfCloseTimeout: number;
  /** What is encrypted. Only the portable data plane can do that. */
  tls?: ExchangeTls | undefined;
}

/** Asked for each connection, so that certificates can be replaced; gives the same object until they are. */
export type TlsSource = () => TlsOptions;

export interface ExchangeTls {
  /** Those paired by ticket, and those of a pool. */
  backConnects?: TlsSource | undefined;
  clients?: TlsSource | undefined;
}

/** What the clients of an exchange are held to. Where nothing is set, there is no bound. */
export interface ClientLimits {
  /** Lists of addresses and CIDR blocks, of each of which a client has to match an entry. */
  allow: string[][];
  /** Addresses and CIDR blocks that clients must not come from. */
  deny: string[];
  /** Waiting and paired at one time. */
  clients: number;
  /** Waiting at one time. */
  waiting: number;
  /** Waiting and paired at one time, of one address. */
  clientsPerAddress?: number | undefined;
  /** New ones per second from one address; as many may come at once. */
  ratePerAddress?: number | undefined;
  /** New ones per second in all; as many may come at once. */
  rate?: number | undefined;
  /** Bytes per second each way, of all pairs together. Only the portable data plane can do that. */
  bytesPerSecond?: number | undefined;
  /** Milliseconds of silence in both directions until a pair is reset. */
  idle?: number | undefined;
}

/** What happened to a client before an exchange got it. */
export interface ClientBeginning {
  /** What was read of it, which the server gets first. */
  read: Uint8Array;
  /** A line for the client once it is joined, before anything of the server's; nothing when empty. */
  greeting: string;
  /** Where it comes from, if its connection comes from elsewhere. */
  client?: { address: string; port: number } | undefined;
}

/** How a registrant is told of its clients. */
export interface Announcement {
  /**
   * The control connection's, if it carries plain bytes and nothing lies unsent: the data
   * plane may then write there by itself, as long as nobody else does.
   */
  descriptor: number | undefined;
  /** For registrants of the extended protocol. */
  spares?: { ticket: string; most: number } | undefined;
  /** Lines have but the port: for registrants to whom nothing else is said. */
  bare?: boolean | undefined;
  /** Nothing is said of clients: back-connects come by themselves, and wait. Only for those paired in order. */
  pool?: Pool | undefined;
}

/** Back-connects that wait for clients, without a first line. */
export interface Pool {
  /** That wait at one time. */
  most: number;
  /** A line for each when it is joined, before anything of the client's; nothing when empty. */
  introduction: string;
}

/** The first line of a back-connect of the extended protocol. */
export interface BackConnectHello {
  word: 'TICKET' | 'SPARE';
  ticket: string;
}

/** A client that has come. */
export interface ArrivedClient {
  id: number;
  address: string;
  /** Its own, where its connection comes from. */
  port: number;
}

/** A client that is joined with its service. */
export interface PairedClient extends ArrivedClient {
  /** Milliseconds since it came. */
  waited: number;
}

/** A client that is to be fetched. */
export interface ClientToFetch extends ArrivedClient {
  ticket: string;
}

/** Told what happens on an exchange. Called synchronously; must not throw. */
export interface ExchangeObserver {
  /** This has to be sent to the registrant: lines that the data plane does not write by itself. */
  notify(text: string): void;
  /** Called in place of a line for each client, by the portable data plane only: whoever observes brings its back-connect. */
  fetch?(client: ClientToFetch): void;
  /** A client waits. Not called for one that a spare is there for. */
  clientWaiting(client: ArrivedClient): void;
  /** A back-connect fetched a client, or a spare was there for it. */
  clientPaired(client: PairedClient): void;
  /** A client's connection is over, paired or not. */
  clientEnded(record: ConnectionRecord): void;
  clientRefused(cause: ClientRefusal, address: string): void;
  backConnectRefused(cause: BackConnectRefusal, address: string): void;
}

/**
 * `limit`: `clients` are here already. `waiting`: so many wait already. `address-limit`: so many
 * are here from that address. `rate`: too many of late. `denied`: not from an address that may.
 * `parked`: the service is down. `descriptors`: the process has none left.
 */
export type ClientRefusal =
  | 'limit'
  | 'waiting'
  | 'address-limit'
  | 'rate'
  | 'denied'
  | 'parked'
  | 'descriptors';

/**
 * `address`: not the registrant's. `no-client`: nobody waits for it. `ticket`: it is good for
 * nobody who waits. `hello`: no proper first line came in time. `pushed-out`: newer ones came.
 * `spare`: one too many, or one that ended or sent something before it was taken.
 */
export type BackConnectRefusal =
  | 'address'
  | 'no-client'
  | 'ticket'
  | 'hello'
  | 'pushed-out'
  | 'spare';

/** Why a relay ends what could go on: its time to finish is over, its operator or a withdrawn token wants so. */
export type CutReason = 'drain' | 'kicked' | 'revoked';

/**
 * How a pair ended. Only `eof` means that both sides got all that was sent to them. `cut`: by
 * whoever dialled it. `relay-error`: the system had no means to go on with it.
 */
export type PairEnding =
  | 'eof'
  | 'client-reset'
  | 'server-reset'
  | 'half-close-timeout'
  | 'idle'
  | 'target-failed'
  | 'relay-error'
  | 'cut'
  | CutReason;

/** How a client ended that was never paired. */
export type WaitingEnding = 'unfetched' | 'target-failed' | 'stopped' | 'kicked';

/** The two sides of a pair: who came to the public port, and who dialled back. */
export type Side = 'client' | 'server';

export interface Moved {
  /** Bytes read from the client's side for the server. */
  bytesToServer: number;
  /** Bytes read from the server's side for the client. */
  bytesToClient: number;
}

export interface PairReport extends Moved {
  ending: PairEnding;
  /** Whose end of data came first, if one came. */
  firstEnd: Side | undefined;
}

/** What is to be known of a client's connection when it is over. */
export interface ConnectionRecord {
  /** Of the clients of this exchange, from 1 on. */
  id: number;
  clientAddress: string;
  /** The client's own port; who looks for one of many behind a NAT needs it (RFC 6302). */
  sourcePort: number;
  bytesToServer: number;
  bytesToClient: number;
  ending: PairEnding | WaitingEnding;
  firstEnd: Side | undefined;
  /** Milliseconds from arrival until paired, or until the end if that never came. */
  waited: number;
  /** Milliseconds from arrival to the end. */
  lasted: number;
}

/** A client that is here, its bytes and times as they are at the moment. */
export interface LiveConnection extends Omit<ConnectionRecord, 'ending' | 'firstEnd'> {
  state: 'waiting' | 'paired';
}

export interface ExchangeCounters {
  waiting: number;
  paired: number;
  /** Back-connects that wait for a client. */
  spares: number;
  /** Clients that ended, by how. */
  ended: Record<PairEnding | WaitingEnding, number>;
  /** Clients and back-connects turned away, by why. */
  refused: Record<ClientRefusal | BackConnectRefusal, number>;
  bytesToServer: number;
  bytesToClient: number;
}

/** How the relay is dialled back. */
export interface RelayDial {
  /** An address; that of a spare may be a name. */
  host: string;
  port: number;
  /** A line to send first, its end included; {@link DataPlane.dialPair} does when the target is there, too. */
  hello?: string | undefined;
  /** Encrypts. Only the portable data plane can do that. */
  tls?: ConnectionOptions | undefined;
}

export interface DialRequest extends TargetRequest {
  relay: RelayDial;
}

export interface TargetRequest {
  target: Endpoint;
  /** Bytes that the target gets before any of the client's. */
  preface?: Uint8Array | undefined;
  /** Milliseconds a half-closed connection may stay silent. */
  halfCloseTimeout: number;
}

export interface SpareRequest {
  /** Without a hello, the relay says nothing either: the first bytes of a client take the spare, and reach the target. */
  relay: RelayDial;
}

/** A back-connect that waits at the relay. */
export interface DialledSpare {
  /**
   * Resolves, when the relay has joined it with a client, with the line that says so, its end left out;
   * with an empty one where nothing was to be said. Rejects with a {@link DialError} when it cannot be dialled, is lost or is cut.
   */
  readonly taken: Promise<string>;
  /** Dials the target and joins it with the client. To be called once, when taken. */
  serve(request: TargetRequest): DialledPair;
  /** Ends it. */
  cut(): void;
}

/** A connection that this side dialled, from its first packet on. */
export interface DialledPair {
  /** Resolves when both sides are connected or a dial has failed; never rejects. */
  readonly dialled: Promise<void>;
  /** Resolves when both sides have closed. Rejects with a {@link DialError}. */
  readonly ended: Promise<PairReport>;
  /** What it has moved so far, until it has ended. */
  moved(): Moved;
  /** Gives up the dials, or resets both sides. */
  cut(): void;
}

/** What is moved where nothing is. */
export const NOTHING_MOVED: Moved = { bytesToServer: 0, bytesToClient: 0 };

/** Which of the two dials of a {@link DialRequest} failed; the system's error is the cause. */
export class DialError extends Error {
  override name = 'DialError';
  readonly side: 'relay' | 'target';

  constructor(side: 'relay' | 'target', cause: unknown) {
    super(`dialling the ${side} failed`, { cause });
    this.side = side;
  }
}
