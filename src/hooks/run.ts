import { ShellCommand } from '../shell/shell-command.ts';
import type { Deliver } from './hook.ts';

/** Has the shell run a command for each event, which it reads from stdin. */
export function run(command: string): Deliver {
  return async (event, signal) => {
    const input = `${JSON.stringify(event)}\n`;
    const running = new ShellCommand(command, { RELAY_EVENT: event.event }, input);
    const end = () => running.end('SIGKILL');
    signal.addEventListener('abort', end);
    const failure = await running.ended;
    signal.removeEventListener('abort', end);
    if (failure !== undefined) throw new Error(`it ended with ${failure}`);
  };
}
