/**
 * The data plane moves bytes: it owns the two listeners of a registration, the
 * pairing of clients with back-connects, the relay between them, its timeouts
 * and its counters. Everything above it is policy. Only plain data crosses this
 * interface, never a socket, so that an implementation may live in another
 * thread and hold nothing but descriptors.
 */
export interface DataPlane {
  readonly name: 'linux' | 'portable';
  /**
   * Opens both listeners. The observer is called only after the promise has
   * resolved. Rejects with the system's error (`EADDRINUSE`, …) and leaves nothing open.
   */
  openExchange(settings: ExchangeSettings, observer: ExchangeObserver): Promise<Exchange>;
  /** Dials the relay and a target and joins them. */
  dialPair(request: DialRequest): DialledPair;
  /** Ends its threads, if it has any. To be called when all exchanges and pairs are over. */
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

/** One registration's worth of relaying: both its listeners and all their connections. */
export interface Exchange {
  readonly clientPort: number;
  readonly backConnectPort: number;
  /**
   * From now on the registrant is to be sent a line for each client that comes.
   * To be called before the turn of the event loop ends in which the exchange opened.
   */
  announce(announcement: Announcement): void;
  /** Live figures; the byte counts move while connections run. */
  counters(): ExchangeCounters;
  /** The pairs there are at the moment, with what they have moved so far. */
  connections(): Promise<LiveConnection[]>;
  /** Shuts both listeners and resets the waiting clients; pairs run on. Resolves once shut. */
  stop(): Promise<void>;
  /** Resets every pair. Call after {@link stop}. */
  cut(): void;
  /** Resolves when the exchange is stopped and its last connection has closed. */
  readonly finished: Promise<void>;
}

export interface ExchangeSettings {
  /** Address to listen on; every address when undefined. */
  host: string | undefined;
  /** 0 lets the system pick. */
  clientPort: number;
  /** The only address back-connects are taken from; anyone's when undefined. */
  backConnectFrom: string | undefined;
  /** Clients waiting and paired at one time. */
  maxClients: number;
  /** Milliseconds a client waits for its back-connect. */
  pairTimeout: number;
  /** Milliseconds a half-closed connection may stay silent. */
  halfCloseTimeout: number;
}

/** How a registrant is told of its clients. */
export interface Announcement {
  /** One line of the protocol, its end included. */
  line: string;
  /**
   * The control connection's, if it carries plain bytes: the data plane may then
   * write there by itself, as long as nobody else does.
   */
  descriptor: number | undefined;
}

/** Told what happens on an exchange. Called synchronously; must not throw. */
export interface ExchangeObserver {
  /** This has to be sent to the registrant: lines that the data plane does not write by itself. */
  notify(text: string): void;
  /** A client waits. */
  clientWaiting(client: { id: number; address: string }): void;
  /** A back-connect fetched a client. */
  clientPaired(id: number): void;
  /** A client's connection is over, paired or not. */
  clientEnded(record: ConnectionRecord): void;
  clientRefused(cause: ClientRefusal, address: string): void;
  backConnectRefused(cause: BackConnectRefusal, address: string): void;
}

/** `limit`: `maxClients` are here already. `descriptors`: the process has none left. */
export type ClientRefusal = 'limit' | 'descriptors';

/** `address`: not the registrant's. `no-client`: nobody waits for it. */
export type BackConnectRefusal = 'address' | 'no-client';

/** How a pair ended. Only `eof` means that both sides got all that was sent to them. */
export type PairEnding = 'eof' | 'client-reset' | 'server-reset' | 'half-close-timeout' | 'cut';

/** How a client ended that was never paired. */
export type WaitingEnding = 'unfetched' | 'stopped';

export interface PairReport {
  /** Bytes read from the client's side for the server. */
  bytesToServer: number;
  /** Bytes read from the server's side for the client. */
  bytesToClient: number;
  ending: PairEnding;
}

export interface ConnectionRecord {
  id: number;
  clientAddress: string;
  bytesToServer: number;
  bytesToClient: number;
  ending: PairEnding | WaitingEnding;
  /** Milliseconds from arrival until paired, or until the end if that never came. */
  waited: number;
  /** Milliseconds from arrival to the end. */
  lasted: number;
}

/** A connection that is being relayed, its times as they are at the moment. */
export type LiveConnection = Omit<ConnectionRecord, 'ending'>;

export interface ExchangeCounters {
  waiting: number;
  paired: number;
  /** Clients that ended, by how. */
  ended: Record<PairEnding | WaitingEnding, number>;
  /** Clients and back-connects turned away, by why. */
  refused: Record<ClientRefusal | BackConnectRefusal, number>;
  bytesToServer: number;
  bytesToClient: number;
}

export interface DialRequest {
  /** The relay's back-connect listener: an address and a port. */
  relay: { host: string; port: number };
  target: Endpoint;
  /** Milliseconds a half-closed connection may stay silent. */
  halfCloseTimeout: number;
}

/** A connection that this side dialled, from its first packet on. */
export interface DialledPair {
  /** Resolves when both sides are connected or a dial has failed; never rejects. */
  readonly dialled: Promise<void>;
  /** Resolves when both sides have closed. Rejects with a {@link DialError}. */
  readonly ended: Promise<PairReport>;
  /** Gives up the dials, or resets both sides. */
  cut(): void;
}

/** Which of the two dials of a {@link DialRequest} failed; the system's error is the cause. */
export class DialError extends Error {
  override name = 'DialError';
  readonly side: 'relay' | 'target';

  constructor(side: 'relay' | 'target', cause: unknown) {
    super(`dialling the ${side} failed`, { cause });
    this.side = side;
  }
}
