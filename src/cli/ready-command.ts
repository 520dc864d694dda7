import type { Grant } from '../agent/link/link.ts';
import type { Log } from '../log/log.ts';
import { ShellCommand } from '../shell/shell-command.ts';

/** Those that run, which end with the process. */
const running = new Set<ReadyCommand>();

process.once('exit', () => {
  for (const command of running) command.end();
});

/**
 * A command that is run each time that clients have an address, one at a time:
 * what still runs when there is a new address is ended first.
 */
export class ReadyCommand {
  readonly #command: string;
  readonly #log: Log;
  #running: ShellCommand | undefined;
  #next: Grant | undefined;
  #isEnding = false;

  constructor(command: string, log: Log) {
    this.#command = command;
    this.#log = log;
  }

  run(grant: Grant): void {
    this.#next = grant;
    if (this.#running === undefined) this.#start(grant);
    else this.end();
  }

  /** Ends the command, if it runs, and whatever it has started. It is told so once: it may take its time for that. */
  end(): void {
    if (this.#running === undefined || this.#isEnding) return;
    this.#isEnding = true;
    this.#running.end();
  }

  #start(grant: Grant): void {
    this.#next = undefined;
    this.#isEnding = false;
    this.#running = new ShellCommand(this.#command, variables(grant));
    this.#running.unref();
    running.add(this);
    void this.#running.ended.then((failure) => this.#over(failure));
  }

  #over(failure: string | undefined): void {
    this.#running = undefined;
    running.delete(this);
    if (failure !== undefined && !this.#isEnding) {
      this.#log('error', `The command of --on-ready failed: ${failure}`, {
        event: 'onReadyFailed',
        failure,
      });
    }
    if (this.#next !== undefined) this.#start(this.#next);
  }
}

/** Where clients reach the service. */
function variables({ host, port, address, name, hostName, changed }: Grant): NodeJS.ProcessEnv {
  const place = { RELAY_HOST: host, RELAY_PORT: String(port), RELAY_ADDRESS: address };
  return { ...place, RELAY_NAME: name, RELAY_HOST_NAME: hostName, RELAY_CHANGED: changed.join() };
}
