import { performance } from 'node:perf_hooks';
import type { Broker } from '../broker/broker.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { Throttle } from '../log/throttle.ts';
import type { HookTarget } from '../options/hook-options.ts';
import { Hook, type HookObserver } from './hook.ts';
import { type Place, tellOf } from './hook-event.ts';
import { postTo } from './post.ts';
import { run } from './run.ts';

/** Tells a URL or a command what happens to a broker that is yet to start. */
export function openHook(broker: Broker, target: HookTarget, place: Place, log: Log): Hook {
  // Of the URL no more than everybody may know.
  const name = 'url' in target ? new URL(target.url).origin : 'of --hook';
  const deliver = 'url' in target ? postTo(target.url) : run(target.command);
  const hook: Hook = new Hook(
    deliver,
    complaints(name, log, () => hook.counters),
  );
  tellOf(broker, place, (event) => hook.tell(event));
  return hook;
}

function complaints(name: string, log: Log, counters: () => Hook['counters']): HookObserver {
  const throttle = new Throttle();
  return {
    failed: ({ event }, reason) => {
      if (throttle.pass('failed', performance.now()) === undefined) return;
      const [{ failed }, why] = [counters(), reasonOf(reason)];
      log(
        'warn',
        `Hook ${name} did not take "${event}" (${failed} lost like this so far): ${why}`,
        {
          event: 'hookFailed',
          failed,
          reason: why,
        },
      );
    },
    dropped: () => {
      if (throttle.pass('dropped', performance.now()) === undefined) return;
      const { dropped } = counters();
      log('warn', `Hook ${name} is too slow: ${dropped} events lost so far`, {
        event: 'hookDropped',
        dropped,
      });
    },
  };
}
