import type { ExchangeSettings } from '../../data-plane/data-plane.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { SharedPort } from '../names/shared-ports.ts';

/** What it takes to open an agent's registration. */
export interface Opening {
  id: number;
  lease: Omit<Lease, 'port'>;
  settings: ExchangeSettings;
  /** The client port, where its own exchange has none. It is left when the registration ends, or cannot be opened. */
  share: SharedPort | undefined;
  /** Where its agent is, if one is here. */
  address: string;
}
