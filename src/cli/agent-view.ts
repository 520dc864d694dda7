import type { WriteStream } from 'node:tty';
import type { Configuration } from '../config/resolve.ts';
import type { Log } from '../log/log.ts';
import type { agentProcessOptions, serviceOptions } from '../options/agent-program.ts';
import type { LiveView } from '../view/live-view.ts';

/**
 * A view for whoever sits before this terminal, if somebody does and nobody else writes there.
 *
 * @param lines - the log that he gets otherwise
 */
export async function viewOn(
  terminal: WriteStream,
  { process: program, services }: Configuration<typeof agentProcessOptions, typeof serviceOptions>,
  lines: Log,
): Promise<LiveView | undefined> {
  const { TERM = 'dumb' } = process.env;
  const hasCommand = [...services.values()].some(({ settings }) => settings.onReady !== undefined);
  const isAlone = terminal.isTTY && process.stderr.isTTY && !hasCommand;
  if (!program.settings.live || !isAlone || TERM === 'dumb') return undefined;
  const { LiveView } = await import('../view/live-view.ts');
  return new LiveView(terminal, lines);
}
