import { performance } from 'node:perf_hooks';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { HOUR, Throttle } from '../log/throttle.ts';
import type { ServiceEnvironment } from '../service-manager/environment.ts';
import type { ServiceManager } from '../service-manager/service-manager.ts';
import type { Follower } from './live-configuration.ts';

/** The same follower, of which a service manager hears when it does what SIGHUP asks for. */
export function reportingTo<C>(
  manager: ServiceManager | undefined,
  { apply, failed }: Follower<C>,
): Follower<C> {
  return {
    asked: () => manager?.reloading(),
    async apply(configuration) {
      await apply(configuration);
      manager?.reloaded();
    },
    failed(error) {
      failed(error);
      manager?.reloaded();
    },
  };
}

/** The service manager that has started this program, if there is one and it wants to hear of it. */
export async function reachServiceManager(
  { notifySocket, watchdog }: ServiceEnvironment,
  log: Log,
): Promise<ServiceManager | undefined> {
  if (notifySocket === undefined) return undefined;
  const throttle = new Throttle(HOUR);
  const unheard = () => {
    if (throttle.pass('unheard', performance.now()) === undefined) return;
    log('warn', `The service manager takes no messages at ${notifySocket}`, {
      event: 'notifyFailed',
    });
  };
  try {
    const { ServiceManager } = await import('../service-manager/service-manager.ts');
    return new ServiceManager(notifySocket, { watchdog }, unheard);
  } catch (error) {
    log(
      'warn',
      `The service manager cannot be told that this has started: the optional package koffi cannot be had (${reasonOf(error)}). Install it, or have the unit say Type=exec and no WatchdogSec`,
      { event: 'notifyFailed' },
    );
    return undefined;
  }
}
