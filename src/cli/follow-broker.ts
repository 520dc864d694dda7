import type { Broker } from '../broker/broker.ts';
import { RelayError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { logReload, logReloadFailed } from '../log/reload-log.ts';
import { brokerOptions } from '../options/broker-options.ts';
import type { brokerProgram } from '../options/broker-program.ts';
import { changedOptions, pickOptions } from '../options/option.ts';
import { dashed } from '../options/spelling.ts';
import type { ServiceManager } from '../service-manager/service-manager.ts';
import type { LiveConfiguration } from './live-configuration.ts';
import { reportingTo } from './service.ts';

/** Has a broker go by what its configuration says at the moment, until it is closed; a service manager hears of it. */
export function followConfiguration(
  broker: Broker,
  live: LiveConfiguration<typeof brokerProgram.options, Record<never, never>>,
  log: Log,
  manager: ServiceManager | undefined,
): void {
  const atStart = live.value.process.settings;
  broker.once('draining', () => live.close());
  broker.on('handover', ({ stage }) => {
    if (stage === 'moved') live.close();
  });
  live.follow(
    reportingTo(manager, {
      async apply({ process: { settings } }) {
        try {
          const { changed, atNextStart } = await broker.reload(
            pickOptions(brokerOptions, settings),
          );
          const others = changedOptions(atStart, settings).filter((key) => !(key in brokerOptions));
          logReload(log, { changed: changed.map(dashed) }, [...atNextStart, ...others].map(dashed));
        } catch (error) {
          // The broker itself tells of what it refuses.
          if (!(error instanceof RelayError)) throw error;
        }
      },
      failed: (error) => logReloadFailed(log, error),
    }),
  );
}
