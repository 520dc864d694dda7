import type { Socket } from 'node:net';
import type { ClientBeginning } from '../../data-plane/data-plane.ts';

/** Whoever serves the clients that ask for a name. */
export interface NamedService {
  /** Whether a client that comes now is served; if not, its agent is away or its service down. */
  readonly isAvailable: boolean;
  /** Takes over a client's connection; see {@link Exchange.adoptClient}. */
  enter(client: Socket, begun?: ClientBeginning): void;
}
