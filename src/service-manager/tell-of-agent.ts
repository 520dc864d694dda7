import type { Agent } from '../agent/agent.ts';
import type { ServiceManager } from './service-manager.ts';

/** Seconds beside those of its connections in which an agent ends. */
const GRACE = 10;

/** What is known of an agent before it runs. */
export interface AgentAtHand {
  /** Which it is, if there are several. */
  name: string;
  /** Seconds that its connections get at its end. */
  drain: number;
  pool?: string | undefined;
  /** Whether the whole process ends, when this agent does. */
  isEnding(): boolean;
}

/**
 * Tells of an agent that is yet to run, which has started once it is registered, or
 * keeps its connections in a pool. Where there are several, the service has with the first.
 */
export function tellOfAgent(
  manager: ServiceManager,
  agent: Agent,
  { name, drain, pool, isEnding }: AgentAtHand,
): void {
  let address: string | undefined;
  let isReady = false;
  const which = name === '' ? '' : `${name}: `;
  const status = () =>
    `${which}${address === undefined ? 'Registered' : `Clients reach it at ${address}`}`;
  agent.on('dataPlane', () => {
    if (pool !== undefined) manager.ready(`${which}Clients reach it through the pool at ${pool}`);
  });
  agent.on('connected', () => {
    if (isReady) manager.status(status);
    else manager.ready(status());
    isReady = true;
  });
  agent.on('ready', (grant) => {
    address = grant.address;
    manager.status(status);
  });
  agent.on('retrying', (error) => manager.status(() => `${which}Trying again: ${error.message}`));
  agent.once('draining', (connections) => {
    const draining = `${which}Draining: ${connections} connections may finish`;
    if (isEnding()) manager.stopping(draining, drain + GRACE);
    else manager.status(() => draining);
  });
}
