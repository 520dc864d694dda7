import type { DataPlane, DataPlaneWarning, PairReport } from '../data-plane/data-plane.ts';
import type { RelayError } from '../errors.ts';
import type { Grant } from './link/link.ts';

/** What an agent reports while it runs, with the arguments of each listener. */
export interface AgentEvents {
  /** Which data plane moves the bytes, and why this one. */
  dataPlane: [name: DataPlane['name'], reason: string];
  /** The data plane is short of something, and goes on without. As often as it happens. */
  warning: [warning: DataPlaneWarning];
  /** Something that the agent's user should know, as a sentence. Some can come as often as a relay likes. */
  notice: [code: AgentNotice, message: string];
  /** The data plane has failed, and the process has to end. Without a listener, it does (see `EventEmitter`). */
  error: [error: RelayError];
  /** Registered; `address` is the relay's. */
  connected: [address: string];
  /** Clients reach the service there: granted, or resumed. A relay of the basic protocol does not tell. */
  ready: [grant: Grant];
  /** The relay refuses the registration, or ends it: `error.refusal` tells why. */
  refused: [error: RelayError];
  /** The control connection of a registration is gone. */
  lost: [error: RelayError];
  /** The relay has the agent register with another one, `<host>:<control port>`, where it goes at once. */
  elsewhere: [to: string, error: RelayError];
  /**
   * The relay cannot be reached, refuses or was lost; the next try comes in so many milliseconds, and is made
   * with the `other` relay if there is one.
   */
  retrying: [error: RelayError, delay: number, attempt: number, other: string | undefined];
  /** The target does not pass its health check: the relay refuses clients until it does. */
  down: [reason: string];
  /** The target passes its health check again. */
  up: [];
  /** A client's connection is over. */
  connectionEnded: [report: PairReport];
  /** A client could not be fetched or its target not be reached. */
  connectionFailed: [error: RelayError];
  /** Closing: so many connections may still finish. */
  draining: [connections: number];
}

/**
 * `basic-protocol`: the relay knows no other. `single-port`: the port for back-connects is out of
 * reach. `relay-warning`: the relay has something to say. `spare-lost`: a spare, or a connection
 * of a pool, could not be dialled, or was lost. `state-file`: it could not be read or written. `token-file`:
 * others can read it.
 */
export type AgentNotice =
  | 'basic-protocol'
  | 'single-port'
  | 'relay-warning'
  | 'spare-lost'
  | 'state-file'
  | 'token-file';

export type NoticeListener = (code: AgentNotice, message: string) => void;
