import type { Broker } from '../broker/broker.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { Losses } from '../log/losses.ts';
import type { HookTarget } from '../options/hook-options.ts';
import { several } from '../units.ts';
import { Hook, type HookObserver } from './hook.ts';
import { type HookEvent, type Place, tellOf } from './hook-event.ts';
import { postTo } from './post.ts';
import { run } from './run.ts';

/** Tells a URL or a command what happens to a broker that is yet to start. */
export function openHook(broker: Broker, target: HookTarget, place: Place, log: Log): Hook {
  // Of the URL no more than everybody may know.
  const name = 'url' in target ? new URL(target.url).origin : 'of --hook';
  const deliver = 'url' in target ? postTo(target.url) : run(target.command);
  const hook = new Hook(deliver, complaints(name, log));
  tellOf(broker, place, (event) => hook.tell(event));
  return hook;
}

function complaints(name: string, log: Log): HookObserver {
  const failures = new Losses<{ event: string; reason: string }>((failed, { event, reason }) => {
    const what = `Hook ${name} did not take "${event}" (${failed} lost like this so far): ${reason}`;
    log('warn', what, { event: 'hookFailed', failed, reason });
  });
  const drops = new Losses<HookEvent>((dropped) => {
    const what = `Hook ${name} is too slow: ${several(dropped, 'event')} lost so far`;
    log('warn', what, { event: 'hookDropped', dropped });
  });
  return {
    failed: ({ event }, reason) => failures.add(1, { event, reason: reasonOf(reason) }),
    dropped: (event) => drops.add(1, event),
    closed: () => {
      failures.close();
      drops.close();
    },
  };
}
