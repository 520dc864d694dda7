import type { Broker } from '../broker/broker.ts';
import type { Hook } from '../hooks/hook.ts';
import type { Log } from '../log/log.ts';
import { parseHook } from '../options/hook-options.ts';
import { onHangUp } from './hang-up.ts';

/** To whom a broker tells what happens, besides its log. */
export interface Reports {
  /** Whose counters can be looked at, if there is one. */
  readonly hook: Hook | undefined;
  /** Tells what is still to be told, once the broker is closed. */
  finish(): Promise<void>;
}

interface ReportSettings {
  accessLog?: string | undefined;
  hook?: string | undefined;
  /** For what the hook is told. */
  advertise?: string | undefined;
  domain?: string | undefined;
}

/** To be called before the broker starts. */
export async function reportElsewhere(
  broker: Broker,
  { accessLog, hook: wanted = '', advertise, domain }: ReportSettings,
  log: Log,
): Promise<Reports> {
  const file =
    accessLog === undefined
      ? undefined
      : await (await import('../log/access-log.ts')).openAccessLog(broker, accessLog, log);
  if (file !== undefined) {
    onHangUp(() => file.reopen());
    // Ahead of the log, which is to say what was lost.
    process.prependOnceListener('exit', () => file.flush());
  }
  const target = parseHook(wanted);
  const hook =
    target &&
    (await import('../hooks/open-hook.ts')).openHook(broker, target, { advertise, domain }, log);
  return {
    hook,
    finish: async () => {
      await Promise.all([file?.close(), hook?.close()]);
    },
  };
}
