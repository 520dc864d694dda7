import type { Broker } from '../broker/broker.ts';
import { RelayError, reasonOf } from '../errors.ts';
import { several } from '../units.ts';
import { forwardedRecord, wholeRecord } from './connection-record.ts';
import { LineFile } from './line-file.ts';
import type { Log } from './log.ts';
import { Losses } from './losses.ts';

/**
 * Appends a JSON object to a file for each client's connection that ends.
 *
 * @param log - told what does not get into the file
 * @throws RelayError `E_ACCESS_LOG`
 */
export async function openAccessLog(broker: Broker, path: string, log: Log): Promise<LineFile> {
  const losses = new Losses<string>((lost, reason) => {
    const what = `The access log ${path} lacks ${several(lost, 'connection')} so far: ${reason}`;
    log('error', what, { event: 'accessLogLost', lost, reason });
  });
  const observer = {
    lost: (count: number, reason: unknown) => losses.add(count, reasonOf(reason)),
    closed: () => losses.close(),
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
