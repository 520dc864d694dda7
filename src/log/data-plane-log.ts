import { performance } from 'node:perf_hooks';
import type { Agent } from '../agent/agent.ts';
import type { Broker } from '../broker/broker.ts';
import type { DataPlaneWarning } from '../data-plane/data-plane.ts';
import type { Log } from './log.ts';
import { HOUR, Throttle } from './throttle.ts';

/** What a data plane is short of, and what it does about it. */
const WARNINGS: Record<DataPlaneWarning, string> = {
  accept:
    'No descriptors or memory left for more clients: they wait to be accepted (raise ulimit -n); connections go on',
  pipes:
    "This user's share of kernel pipes or the descriptors for them are used up: bytes are copied instead (fs.pipe-user-pages-soft)",
  stall:
    'A connection stood still although it could have gone on, and was moved on; please report this',
};

/** Writes into a log which data plane a broker or an agent uses, and what that lacks. */
export function logDataPlane(user: Broker | Agent, log: Log): void {
  const throttle = new Throttle(HOUR);
  const chosen = (name: string, reason: string) => {
    log('info', `Data plane: ${name} (${reason})`, { event: 'dataPlane', name, reason });
  };
  const lacking = (warning: DataPlaneWarning) => {
    if (throttle.pass(warning, performance.now()) === undefined) return;
    log('warn', WARNINGS[warning], { event: 'warning', warning });
  };
  user.on('dataPlane', chosen);
  user.on('warning', lacking);
}
