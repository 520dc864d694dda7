import { performance } from 'node:perf_hooks';
import type { AdminObserver } from '../admin/admin.ts';
import type { GuardCause } from '../admin/guard/guard.ts';
import type { Log } from './log.ts';
import { Throttle } from './throttle.ts';

/** Those that are not here happen to everybody who begins, and the answer tells enough. */
const REFUSALS: Partial<Record<GuardCause, string>> = {
  'wrong-token': 'it showed a wrong token',
  barred: 'too many wrong tokens came from there',
  foreign: 'a page of another site sent the request',
  host: 'the request names another host than this one',
};

/** Writes into a log what becomes of the admin listener. */
export function loggingAdmin(log: Log): AdminObserver {
  const throttle = new Throttle();
  return {
    listening: (url, exposed) => {
      log('info', `Admin listener at ${url}`, { event: 'adminListening', url });
      if (!exposed) return;
      log(
        'warn',
        'The admin listener can be reached from elsewhere, and does not encrypt: whoever is in between reads its token. Put TLS before it, or use 127.0.0.1 and an ssh tunnel',
        { event: 'adminExposed', url },
      );
    },
    tokenExposed: (file) => {
      const sentence = `Others than its owner can read ${file}, which holds the admin token: chmod 600 ${file}`;
      log('warn', sentence, { event: 'adminTokenExposed', file });
    },
    tokenFailed: ({ message }) => {
      const sentence = `${message} The token that was there before goes on.`;
      log('warn', sentence, { event: 'adminTokenFailed', message });
    },
    refused: (address, cause) => {
      const why = REFUSALS[cause];
      if (why === undefined) return;
      const held = throttle.pass(cause, performance.now());
      if (held === undefined) return;
      const more = held > 0 ? ` (${held} more like this before)` : '';
      log('warn', `Admin request from ${address} refused: ${why}${more}`, {
        event: 'adminRefused',
        address,
        cause,
      });
    },
    acted: (address, what) => {
      log('info', `Admin request from ${address}: ${what}`, { event: 'adminActed', address, what });
    },
    failed: (reason) => {
      if (throttle.pass('failed', performance.now()) === undefined) return;
      log('error', `An admin request failed: ${reason}. Please report this`, {
        event: 'adminFailed',
        reason,
      });
    },
  };
}
