import type { Broker } from '../broker/broker.ts';
import { isOfOurService } from './control-group.ts';
import type { ServiceManager } from './service-manager.ts';

/** Seconds for the next word of a broker that drains, or its end: it tells every five seconds how far it is. */
const NEXT_WORD = 30;

/** Tells of a broker that has started. */
export function tellOfBroker(manager: ServiceManager, broker: Broker): void {
  let successor: number | undefined;
  let hasMoved = false;
  const status = () => {
    const { at, registrations } = broker.status();
    const { live, parked, held } = registrations;
    const away = held > 0 ? `, ${held} of them held on a lease` : '';
    return `Control port ${at.port}, registrations: ${live + parked + held}${away}`;
  };
  const changed = () => {
    if (!hasMoved) manager.status(status);
  };
  broker.on('registered', changed).on('held', changed).on('resumed', changed).on('ended', changed);
  broker.on('handover', (progress) => {
    if (progress.stage === 'asked') successor = progress.pid;
    if (progress.stage !== 'moved') return;
    hasMoved = true;
    const { connections } = progress;
    manager.status(() => `Another process serves; ${connections} connections run on here`);
    if (successor === undefined) return;
    manager.succeededBy(successor);
    // Nobody listens to this process any more.
    if (isOfOurService(successor)) manager.close();
  });
  // Each time anew: how long it may take is what options say at that moment, or whoever has it drain.
  broker.on('draining', (connections) => {
    // What is left then has all the time that it takes, which a service that stops has not.
    if (!hasMoved) manager.stopping(`Draining: ${connections} connections may finish`, NEXT_WORD);
  });
  manager.ready(status());
  manager.watch(() => broker.answers());
}
