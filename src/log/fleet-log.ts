import { performance } from 'node:perf_hooks';
import type { Broker } from '../broker/broker.ts';
import type { ForwardFailure } from '../broker/fleet/counts.ts';
import { escaped } from '../protocol/printable.ts';
import { MEMBER_CHANGES } from './broker-words.ts';
import { placeOf } from './describe.ts';
import type { Log } from './log.ts';
import { Throttle } from './throttle.ts';

/** What that broker says itself, and logs where it matters: names move, agents go away, and clients are refused. */
const ANSWERS: ForwardFailure[] = ['not-here', 'away', 'reset'];

/** Characters of why that is, in words of ours around those of the system: what to do comes last. */
const LONGEST_DETAIL = 500;

/** Writes into a log what becomes of a broker's fleet, and of its part in it. */
export function logFleet(broker: Broker, log: Log): void {
  broker.on('joined', (cluster, node, port) => {
    log('info', `One of the fleet ${cluster} as ${node}; its brokers dial port ${port}`, {
      ...{ event: 'joined', cluster, node, port },
    });
  });
  broker.on('directory', (reachable) => {
    const sentence = reachable
      ? 'The directory of the fleet can be reached: names and leases can be claimed'
      : 'The directory of the fleet cannot be reached: what is claimed stays, and nothing new can be';
    log(reachable ? 'info' : 'warn', sentence, { event: 'directory', reachable });
  });
  broker.on('directoryFailed', ({ message }) => {
    log('warn', message, { event: 'directoryFailed', message });
  });
  broker.on('tenure', (held) => {
    const sentence = held
      ? 'What this broker has claimed is its own: clients are served by name'
      : "What this broker has claimed may be another one's: clients that ask for a name wait";
    log(held ? 'info' : 'warn', sentence, { event: 'tenure', held });
  });
  broker.on('member', (name, change) => {
    const isWorrying = change === 'silent' || change === 'gone';
    const fields = { event: 'member', name, change };
    log(isWorrying ? 'warn' : 'info', `Broker ${name} ${MEMBER_CHANGES[change]}`, fields);
  });
  const throttle = new Throttle();
  broker.on('forwardFailed', (to, cause, detail) => {
    if (ANSWERS.includes(cause)) return;
    if (throttle.pass(`${to} ${cause}`, performance.now()) === undefined) return;
    const why = escaped(detail, LONGEST_DETAIL);
    log('warn', `Clients do not get to broker ${to}: ${why}`, {
      ...{ event: 'forwardFailed', to, cause, detail: why },
    });
  });
  broker.on('claimLost', ({ id, ...at }, kind, to) => {
    const by = to === undefined ? 'another broker' : `broker ${to}`;
    log('warn', `${placeOf(at)}: ${by} of the fleet has its ${kind}`, {
      ...{ event: 'claimLost', registration: id, kind, to },
    });
  });
  broker.on('adopted', ({ id, ...at }, from) => {
    const fields = { event: 'adopted', registration: id, from };
    log('info', `${placeOf(at)} taken over from broker ${from}`, fields);
  });
  broker.on('moved', ({ id, ...at }, to) => {
    log('info', `${placeOf(at)} sent to broker ${to}`, { event: 'moved', registration: id, to });
  });
}
