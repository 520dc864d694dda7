import type { Log } from './log.ts';

/**
 * Says what reading a configuration anew has brought.
 *
 * @param changes - what was done to what, in words such as "changed" and "started"
 * @param atNextStart - options that changed, but cannot while the program runs
 */
export function logReload(
  log: Log,
  changes: Record<string, readonly string[]>,
  atNextStart: readonly string[],
): void {
  const said = Object.entries(changes).filter(([, names]) => names.length > 0);
  const done = said.map(([what, names]) => [what, ...names].join(' ').trim()).join('; ');
  log('info', `Configuration read again: ${done || 'nothing to do'}`, {
    event: 'reloaded',
    ...changes,
  });
  if (atNextStart.length === 0) return;
  log('warn', `This takes effect at the next start: ${atNextStart.join(', ')}`, {
    event: 'atNextStart',
    options: atNextStart,
  });
}

export function logReloadFailed(log: Log, { message }: Error): void {
  log('warn', `${message}. What was there before goes on.`, { event: 'reloadFailed' });
}
