import type { Agent } from '../agent/agent.ts';
import { logDataPlane } from './data-plane-log.ts';
import { describeTraffic } from './describe.ts';
import type { Log } from './log.ts';

/** Writes what an agent reports into a log. */
export function logAgent(agent: Agent, log: Log, target: string): void {
  logDataPlane(agent, log);
  agent.on('connected', (address) => {
    log('info', `Registered with the relay (${address}); clients reach ${target} through it`, {
      event: 'connected',
      address,
    });
  });
  agent.on('retrying', ({ code, message }, delay, attempt) => {
    const seconds = (delay / 1000).toFixed(1);
    log('warn', `${message} Trying again in ${seconds} s (retry ${attempt}).`, {
      event: 'retrying',
      code,
      delay,
      attempt,
    });
  });
  agent.on('connectionEnded', (report) => {
    log('info', `Connection ended, ${describeTraffic(report)}`, {
      event: 'connectionEnded',
      ...report,
    });
  });
  agent.on('connectionFailed', ({ code, message }) => {
    log('error', message, { event: 'connectionFailed', code });
  });
  agent.on('draining', (connections) => {
    log('info', `Shutting down; ${connections} connections may finish`, {
      event: 'draining',
      connections,
    });
  });
}
