import type { ExchangeSettings } from '../../data-plane/data-plane.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { Seat } from '../names/seat.ts';
import type { SharedPort } from '../names/shared-ports.ts';

/** What it takes to open an agent's registration. */
export interface Opening {
  id: number;
  lease: Omit<Lease, 'port'>;
  settings: ExchangeSettings;
  /** The client port, where its own exchange has none. It is left when the registration ends, or cannot be opened. */
  share: SharedPort | undefined;
  /** The client port of a listener that it is to be given, where it opens none itself. */
  inherits: number | undefined;
  /** Its part of its name, if that is claimed: released when it ends. */
  seat: Seat | undefined;
  /** Whether an agent has its key already, to come back with. */
  isKnown: boolean;
  /** The member of a fleet that it is at. */
  node: string | undefined;
  /** Where its agent is, if one is here. */
  address: string;
}
