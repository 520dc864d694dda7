import type { EventEmitter } from 'node:events';
import type { Moved, PairReport } from '../data-plane/data-plane.ts';
import type { RelayError } from '../errors.ts';
import type { AgentEvents } from './events.ts';
import type { Grant } from './link/link.ts';

/**
 * `connecting`: to the relay. `live`: clients can come. `down`: they are refused, since the service
 * does not pass its health check. `retrying`: the relay was not to be had, and is tried again later.
 * `draining`: told to end, while connections finish. `ended`: it does nothing any more.
 */
export type AgentState = 'connecting' | 'live' | 'down' | 'retrying' | 'draining' | 'ended';

/** An agent as it is at the moment. */
export interface AgentStatus extends Moved {
  state: AgentState;
  /** When it was made. */
  started: Date;
  /** What clients are joined with. */
  target: string;
  /** Where its clients come from: the control port of the relay that it is registered with, or tries; or the relay port of a pool. */
  relay: string;
  /** When it was registered last. */
  registered?: Date | undefined;
  /** How often it was. */
  registrations: number;
  /** How often a relay has sent it to another one. */
  redirects: number;
  /** Where clients reach the service, as the relay said last; one of the basic protocol does not. */
  grant?: Grant | undefined;
  /** When the relay is tried next, and why it has to be. */
  retry?: { at: Date; attempt: number; error: RelayError } | undefined;
  /** Why the service counts as down. */
  down?: string | undefined;
  connections: {
    open: number;
    /** Those that were joined with the service and are over, by how. */
    ended: Partial<Record<PairReport['ending'], number>>;
    /** Clients that could not be fetched, or not be joined with the service. */
    failed: number;
  };
}

/** Keeps of what an agent reports what is asked for later. */
export class History {
  readonly started = new Date();
  registered: Date | undefined;
  registrations = 0;
  redirects = 0;
  grant: Grant | undefined;
  retry: AgentStatus['retry'];
  readonly ended: AgentStatus['connections']['ended'] = {};
  failed = 0;

  constructor(agent: EventEmitter<AgentEvents>) {
    agent.on('connected', () => {
      this.registered = new Date();
      this.registrations += 1;
      this.retry = undefined;
    });
    agent.on('ready', (grant) => {
      this.grant = grant;
    });
    agent.on('elsewhere', () => {
      this.redirects += 1;
    });
    agent.on('retrying', (error, delay, attempt) => {
      this.retry = { at: new Date(Date.now() + delay), attempt, error };
    });
    agent.on('connectionEnded', ({ ending }) => {
      this.ended[ending] = (this.ended[ending] ?? 0) + 1;
    });
    agent.on('connectionFailed', () => {
      this.failed += 1;
    });
  }
}
