import type { RelayDial } from '../../data-plane/data-plane.ts';
import type { LimitsMessage } from '../../protocol/extended.ts';
import type { Spare } from '../service.ts';
import type { Door } from './door.ts';

/** Where an agent gets its clients from: its end of a control connection, registered, whichever protocol it speaks; or a pool. */
export interface Link {
  /** The address registered at. It is the only one dialled back, whatever a notification or a later look-up says. */
  readonly address: string | undefined;
  /** Dials under way at one time. Further clients are to wait at the relay, their notifications unread. */
  readonly mostDialling: number;
  /** Where clients reach the service; only the extended protocol tells. */
  readonly grant: Grant | undefined;
  /**
   * Hands over each client as it comes, until the control connection ends or a pool is closed. To be called once.
   *
   * @throws RelayError why the control connection ended.
   */
  serve(onClient: (client: WaitingClient) => void): Promise<void>;
  /** No more clients for now: they wait at the relay, nothing is queued here but what was read already. */
  pause(): void;
  resume(): void;
  /** The target cannot be reached for this client. */
  fail(ticket: string, cause: unknown): void;
  /** The target is down for this reason, and clients are to be refused; without one, it is back. */
  park(reason: string | undefined): void;
  /** Leaves the relay. The registration ends, unless `keep` says that somebody will come back for it. */
  close(keep: boolean): void;
}

/** A client that waits to be fetched: at the relay, or with a spare that is joined to it already. */
export interface WaitingClient {
  from: { relay: RelayDial; door?: Door } | { spare: Pick<Spare, 'serve' | 'cut'> };
  /** Names the client, where the protocol has a name for it. */
  ticket?: string;
  /** What the target is to get first. */
  preface?: Uint8Array | undefined;
}

/** What a relay takes of back-connects that have not said whom they want, and no burden to anyone. */
export const MOST_DIALLING = 256;

/**
 * `relay`: clients come by another host. `port`: by another port. `lease`: the registration before was not
 * resumed, so that those who waited there, and its other rights, are lost.
 */
export type Change = 'relay' | 'port' | 'lease';

/** What the relay granted. */
export interface Grant {
  /** The relay's public name, or the host that the agent was given. */
  host: string;
  port: number;
  /** `<host>:<port>`, an IPv6 address in brackets. */
  address: string;
  /** By which clients may ask for the service. */
  name?: string | undefined;
  /** `<name>.<domain>`, if the relay has a domain. */
  hostName?: string | undefined;
  /** Whether it is the registration of before: the same port, and the clients that waited meanwhile. */
  resumed: boolean;
  /** What is not as it was with the registration before, of this agent or of the one that left the state file. */
  changed: readonly Change[];
  /** Seconds that the port is kept when the agent is away. */
  lease: number;
  /** What clients are held to. */
  limits: LimitsMessage;
}
