import { performance } from 'node:perf_hooks';
import type { Broker } from '../broker/broker.ts';
import type { HandoverProgress, TakeoverProgress } from '../broker/events.ts';
import type { Log } from './log.ts';
import { Throttle } from './throttle.ts';

/** Writes into a log how a broker ends, and how one takes the place of another. */
export function logEnding(broker: Broker, log: Log): void {
  let isDraining = false;
  broker.on('draining', (connections) => {
    const sentence = isDraining
      ? `Still shutting down: ${connections} relayed connections are left`
      : `Shutting down; ${connections} relayed connections may finish`;
    isDraining = true;
    log('info', sentence, { event: 'draining', connections });
  });
  broker.on('drained', (cut) => {
    const sentence = cut > 0 ? `Shut down; ${cut} relayed connections were cut` : 'Shut down';
    log(cut > 0 ? 'warn' : 'info', sentence, { event: 'drained', cut });
  });
  // Anybody on this machine can cause one.
  const throttle = new Throttle();
  broker.on('handover', (progress) => {
    const isFailed = progress.stage === 'failed';
    if (isFailed && throttle.pass('handover', performance.now()) === undefined) return;
    const fields = { event: 'handover', ...progress };
    log(isFailed ? 'warn' : 'info', describeHandover(progress), fields);
  });
  broker.on('takeover', (progress) => {
    log('info', describeTakeover(progress), { event: 'takeover', ...progress });
  });
}

function describeHandover(progress: HandoverProgress): string {
  switch (progress.stage) {
    case 'asked':
      return `Process ${progress.pid} asks for the place of this one`;
    case 'shut':
      return `Nobody is let in any more; ${progress.waiting} clients still wait for their server`;
    case 'given':
      return `Handed over ${progress.listeners} listeners and ${progress.leases} leases`;
    case 'moved':
      return `The other process serves; ${progress.connections} relayed connections run on here`;
    case 'finished':
      return 'Nothing is left here';
    case 'failed':
      return `This process keeps its place: ${progress.reason}`;
  }
}

function describeTakeover(progress: TakeoverProgress): string {
  switch (progress.stage) {
    case 'found':
      return `Taking the place of process ${progress.pid}`;
    case 'received':
      return `Received ${progress.listeners} listeners and ${progress.leases} leases`;
    case 'serving':
      return 'This process serves in its place';
  }
}
