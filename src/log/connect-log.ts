import type { LocalPortObserver } from '../connect/local-port.ts';
import { describeTraffic } from './describe.ts';
import type { Log } from './log.ts';

/** Writes into a log what becomes of the connections to a local port. */
export function loggingTo(log: Log): LocalPortObserver {
  return {
    ended: (report) => {
      const sentence = `Connection ended, ${describeTraffic(report)}`;
      log('info', sentence, { event: 'connectionEnded', ...report });
    },
    failed: ({ code, message }) => {
      log('error', `${message} The connection was reset.`, { event: 'connectionFailed', code });
    },
  };
}
