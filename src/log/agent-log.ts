import { performance } from 'node:perf_hooks';
import type { Agent } from '../agent/agent.ts';
import { logDataPlane } from './data-plane-log.ts';
import { describeChanges, describeTraffic } from './describe.ts';
import type { Log } from './log.ts';
import { Throttle } from './throttle.ts';

/** Writes what an agent reports into a log. */
export function logAgent(agent: Agent, log: Log, target: string): void {
  logDataPlane(agent, log);
  agent.on('connected', (address) => {
    log('info', `Registered with the relay (${address}); clients reach ${target} through it`, {
      event: 'connected',
      address,
    });
  });
  agent.on('elsewhere', (to, { message }) => {
    log('info', `${message} Going on to the relay at ${to}.`, { event: 'elsewhere', to });
  });
  agent.on('retrying', ({ code, message }, delay, attempt, other) => {
    const what = other === undefined ? 'Trying again' : `Trying the relay at ${other}`;
    const seconds = (delay / 1000).toFixed(1);
    log('warn', `${message} ${what} in ${seconds} s (retry ${attempt}).`, {
      event: 'retrying',
      code,
      delay,
      attempt,
      other,
    });
  });
  logNotices(agent, log);
  agent.on('down', (reason) => {
    log('warn', `${target} is down (${reason}); the relay refuses clients until it is back`, {
      event: 'down',
      reason,
    });
  });
  agent.on('up', () => {
    log('info', `${target} is back; the relay lets clients in again`, { event: 'up' });
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

/** Writes into a log what an agent is there for that registers nothing. */
export function logPool(log: Log, pool: string, connections: number, target: string): void {
  const sentence = `Keeping ${connections} connections in the pool at ${pool}; its clients reach ${target}`;
  log('info', sentence, { event: 'pooling', pool, connections });
}

/** What programs get in full, and people in short: the address, and why there is none. */
export function logForPrograms(agent: Agent, log: Log, target: string): void {
  logAddress(agent, log, target);
  agent.on('lost', ({ code, message }) => log('warn', message, { event: 'lost', code }));
  agent.on('refused', ({ refusal, message }) => {
    log('warn', message, { event: 'refused', code: refusal });
  });
}

/** Where clients reach the service, in a sentence. */
export function logAddress(agent: Agent, log: Log, target: string): void {
  agent.on('ready', (grant) => {
    const named = grant.name === undefined ? '' : `, or by the name ${grant.name}`;
    const changes = grant.changed.length > 0 ? ` (${describeChanges(grant.changed)})` : '';
    log('info', `Clients reach ${target} at ${grant.address}${named}${changes}`, {
      event: 'ready',
      ...grant,
    });
  });
}

/**
 * Where clients reach the service, on a line of its own, behind the sentences that announce it.
 *
 * @param service - which it is, if there are several
 */
export function printAddress(agent: Agent, log: Log, service = ''): void {
  agent.on('ready', ({ address, name, hostName, changed }) => {
    if (changed.length > 0) log('info', `Not as before: ${describeChanges(changed)}`);
    const host = hostName === undefined ? '' : `, as a host ${hostName}`;
    if (name !== undefined) log('info', `Its name there is ${name}${host}`);
    process.stdout.write(`${service}${service && ' '}${address}\n`);
  });
}

/** A relay may repeat some of them as often as it likes. */
function logNotices(agent: Agent, log: Log): void {
  const throttle = new Throttle();
  agent.on('notice', (code, message) => {
    if (throttle.pass(code, performance.now()) === undefined) return;
    log('warn', message, { event: 'notice', code });
  });
}
