import type { ClientBeginning, StreamSocket } from '../../data-plane/data-plane.ts';

/** What happened to a client at the door that it came in by. */
export interface Visit extends ClientBeginning {
  /**
   * Tells it that its service is away, as its door tells others at once, and ends it. To be called, if at all, before
   * anybody serves it: when it comes out only now, at another broker.
   */
  turnAway?(): void;
}

/** Whoever serves the clients that ask for a name. */
export interface NamedService {
  /** Whether a client that comes now is served; if not, its agent is away or its service down. */
  readonly isAvailable: boolean;
  /** Takes over a client's connection; see {@link Exchange.adoptClient}. */
  enter(client: StreamSocket, begun?: Visit): void;
}

/** One that other members of a fleet may send clients to. */
export interface OfferedService extends NamedService {
  /** Whether they are to. Unlike {@link NamedService.isAvailable}, it does not change with each client. */
  readonly isOffered: boolean;
}

/** Where services are found by their names. */
export interface Services {
  /** Undefined where nobody has the name. */
  find(name: string): NamedService | undefined;
}
