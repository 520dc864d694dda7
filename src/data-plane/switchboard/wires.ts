import type { ClientBeginning, ClientToFetch, CutReason, PairReport } from '../data-plane.ts';

/** Who hears what a back-connect says before it is joined. */
export interface Ear {
  /** It is encrypted, if it has to be: from now on it can be joined. May be called before {@link Wires.listen} returns. */
  ready(): void;
  /** The bytes are the caller's again afterwards. */
  heard(bytes: Uint8Array): void;
  /** It has ended or failed. */
  gone(): void;
}

/** Two connections joined. */
export interface Joined {
  /** Bytes so far. */
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** Resets both. */
  cut(ending: CutReason | 'target-failed'): void;
}

/** What two connections are joined with. */
export interface Beginning extends ClientBeginning {
  /** What has been read of the server, which the client gets behind its greeting. */
  readOfServer: Uint8Array;
}

/** What a {@link Switchboard} has done by whoever holds the connections, each a `C`. */
export interface Wires<C> {
  /** Milliseconds of a monotonic clock. */
  readonly now: number;
  /** 0 where there is none. */
  readonly backConnectPort: number;
  /** Calls {@link Switchboard.tick} at this moment or before. */
  wakeAt(moment: number): void;
  /** Does something when all that has arrived by now has been read once. */
  afterReading(act: () => void): void;
  /** Sends the registrant a line. */
  say(line: string): void;
  /** Has a client fetched, where that is not asked for by a line. */
  readonly fetch: ((client: ClientToFetch) => void) | undefined;
  /** Reads a connection until it is joined or closed. False when it cannot be watched. */
  listen(connection: C, ear: Ear): boolean;
  /** Has the system ask soon, and often, whether the peer is still there. */
  keepAlive(connection: C): void;
  /**
   * Takes a back-connect that is listened to for a client, and writes this at once; false when
   * it turns out to be gone, or to say something although it must not.
   */
  take(connection: C, line: string, maySpeak: boolean): boolean;
  /** Relays from now on. `onEnd` may be called before this returns. */
  join(client: C, server: C, begun: Beginning, onEnd: (report: PairReport) => void): Joined;
  close(connection: C): void;
  reset(connection: C): void;
}
