import type { PairReport } from '../data-plane.ts';

/** Who hears what a back-connect says before it is joined. */
export interface Ear {
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
  cut(ending: CutEnding): void;
}

export type CutEnding = 'cut' | 'target-failed';

/** What a {@link Switchboard} has done by whoever holds the connections, each a `C`. */
export interface Wires<C> {
  /** Milliseconds of a monotonic clock. */
  readonly now: number;
  readonly backConnectPort: number;
  /** Calls {@link Switchboard.tick} at this moment or before. */
  wakeAt(moment: number): void;
  /** Does something when all that has arrived by now has been read once. */
  afterReading(act: () => void): void;
  /** Sends the registrant a line. */
  say(line: string): void;
  /** Reads a connection until it is joined or closed. False when it cannot be watched. */
  listen(connection: C, ear: Ear): boolean;
  /** Has the system ask soon, and often, whether the peer is still there. */
  keepAlive(connection: C): void;
  /** Writes a line at once; false when the connection turns out to be gone. */
  send(connection: C, line: string): boolean;
  /**
   * Relays from now on: what has been read of the server already, then all the rest.
   * `onEnd` may be called before this returns.
   */
  join(client: C, server: C, read: Uint8Array, onEnd: (report: PairReport) => void): Joined;
  close(connection: C): void;
  reset(connection: C): void;
}
