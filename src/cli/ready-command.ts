import { type ChildProcess, spawn } from 'node:child_process';
import type { Grant } from '../agent/link/link.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log/log.ts';

/**
 * A command that is run each time that clients have an address, one at a time:
 * what still runs when there is a new address is ended first.
 */
export class ReadyCommand {
  readonly #command: string;
  readonly #log: Log;
  #running: ChildProcess | undefined;
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

  /** Ends the command, if it runs, and whatever it has started. */
  end(): void {
    const { pid } = this.#running ?? {};
    if (pid === undefined) return;
    this.#isEnding = true;
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // Windows knows no process groups.
      this.#running?.kill();
    }
  }

  #start(grant: Grant): void {
    this.#next = undefined;
    this.#isEnding = false;
    const child = spawn(this.#command, {
      shell: true,
      // The leader of a process group, which can be ended as a whole.
      detached: true,
      // Programs read our stdout.
      stdio: ['ignore', 2, 2],
      env: environment(grant),
    });
    // It is not to keep us from ending.
    child.unref();
    this.#running = child;
    child.once('error', (error) => this.#over(reasonOf(error)));
    child.once('exit', (code, signal) => this.#over(code === 0 ? undefined : `${signal ?? code}`));
  }

  #over(failure: string | undefined): void {
    this.#running = undefined;
    if (failure !== undefined && !this.#isEnding) {
      this.#log('error', `The command of --on-ready failed: ${failure}`, {
        event: 'onReadyFailed',
        failure,
      });
    }
    if (this.#next !== undefined) this.#start(this.#next);
  }
}

/** The agent's own, but for its token, and where clients reach the service. */
function environment({ host, port, address, name, hostName }: Grant): NodeJS.ProcessEnv {
  const { RELAY_TOKEN: _, ...inherited } = process.env;
  const place = { RELAY_HOST: host, RELAY_PORT: String(port), RELAY_ADDRESS: address };
  return { ...inherited, ...place, RELAY_NAME: name, RELAY_HOST_NAME: hostName };
}
