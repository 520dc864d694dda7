import type { Log } from '../log/log.ts';
import { formatAddress } from '../options/values.ts';
import { version } from './program.ts';
import type { Services } from './services.ts';

/**
 * Opens the listener of `--metrics`, if there is to be one.
 *
 * @returns closes it
 */
export async function withMetrics(
  services: Services,
  metrics: number | string | undefined,
  log: Log,
): Promise<() => Promise<void>> {
  if (metrics === undefined) return async () => {};
  // An ordinary agent does not pay for it.
  const { openMetricsListener } = await import('../metrics-listener/metrics-listener.ts');
  const { at, close } = await openMetricsListener(services, metrics, version());
  const url = `http://${formatAddress(at.host, at.port)}/metrics`;
  log('info', `Metrics at ${url}`, { event: 'metricsListening', url });
  return close;
}
