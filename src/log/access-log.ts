import { performance } from 'node:perf_hooks';
import type { Broker } from '../broker/broker.ts';
import { RelayError, reasonOf } from '../errors.ts';
import { forwardedRecord, wholeRecord } from './connection-record.ts';
import { LineFile } from './line-file.ts';
import type { Log } from './log.ts';
import { Throttle } from './throttle.ts';

/**
 * Appends a JSON object to a file for each client's connection that ends.
 *
 * @param log - told what does not get into the file
 * @throws RelayError `E_ACCESS_LOG`
 */
export async function openAccessLog(broker: Broker, path: string, log: Log): Promise<LineFile> {
  const throttle = new Throttle();
  let lost = 0;
  const observer = {
    lost: (count: number, reason: unknown) => {
      lost += count;
      if (throttle.pass('lost', performance.now()) === undefined) return;
      const why = reasonOf(reason);
      log('error', `The access log ${path} lacks ${lost} connections so far: ${why}`, {
        event: 'accessLogLost',
        lost,
        reason: why,
      });
    },
    notReopened: (reason: unknown) => {
      const why = reasonOf(reason);
      log(
        'error',
        `The access log ${path} could not be opened again, and goes on as it was: ${why}`,
        {
          event: 'accessLogNotReopened',
          reason: why,
        },
      );
    },
  };
  const file = await LineFile.open(path, observer).catch((cause: unknown) => {
    throw new RelayError(
      'E_ACCESS_LOG',
      `Cannot open the access log ${path}: ${reasonOf(cause)}. Give another (--access-log), or see to its permissions.`,
      { cause },
    );
  });
  const append = (fields: object) => {
    file.append(JSON.stringify({ time: new Date().toISOString(), ...fields }));
  };
  broker.on('clientEnded', (...client) => append(wholeRecord(...client)));
  broker.on('forwardEnded', (...client) => append(forwardedRecord(...client)));
  return file;
}
