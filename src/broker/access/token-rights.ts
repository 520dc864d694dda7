import type { PortRange } from '../../options/values.ts';
import type { Limits } from './limits.ts';

/** In a list of names, stands for all there are. */
export const ANY_NAME = '*';

/** What a token entitles to, as the tokens file says. */
export interface TokenRights {
  readonly name: string;
  /** The full text, `<name>.<secret>`: what both ends of a handshake prove that they have. Never to be shown. */
  readonly token: string;
  /** Client ports that it may have; those of the broker when undefined. */
  readonly ports: readonly PortRange[] | undefined;
  /** Names that its services may have; {@link ANY_NAME} is any. */
  readonly names: readonly string[];
  /** Whether its registrations may share a name or a client port. */
  readonly group: boolean;
  /** At one time; no bound of its own when undefined. */
  readonly maxRegistrations: number | undefined;
  /** What each of its registrations is held to. */
  readonly limits: Limits;
  /** Milliseconds since the epoch at which it ends; never when undefined. */
  readonly expires: number | undefined;
  /** Whether relayed connections end with it, or only its registrations. */
  readonly cutsConnections: boolean;
}

/** Why a token is good no longer: it was taken out of the file or given another secret, or its time is over. */
export type Withdrawal = 'revoked' | 'expired';
