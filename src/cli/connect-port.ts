import { LocalPort } from '../connect/local-port.ts';
import { loggingTo } from '../log/connect-log.ts';
import { createLog } from '../log/log.ts';
import { formatAddress } from '../options/values.ts';
import { closeOnSignals } from './program.ts';

/** `relay-connect --listen`: each connection to a local port is joined with the service. */
export async function openPort(
  wanted: { name: string; via: string },
  at: { host: string; port: number },
): Promise<void> {
  const log = await createLog({ log: 'pretty', verbose: false });
  const local = await LocalPort.open(wanted, at, loggingTo(log));
  closeOnSignals(local);
  const address = formatAddress(local.host, local.port);
  log('info', `Connections to ${address} reach ${wanted.name} through ${wanted.via}`);
}
