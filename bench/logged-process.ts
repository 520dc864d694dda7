import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keep, stop } from './children.ts';
import { scratch } from './scratch.ts';

const READY_WITHIN = 20_000;

/** How exactly the time to open registrations is known. */
const POLL = 5;

let started = 0;

/**
 * A process that logs into a file. Through a pipe, a relay that logs each
 * connection would keep the harness busy, on cores that it needs itself.
 */
export class LoggedProcess {
  readonly #child: ChildProcess;
  readonly #log: string;

  private constructor(child: ChildProcess, log: string) {
    this.#child = child;
    this.#log = log;
  }

  static async start(command: string, args: string[]): Promise<LoggedProcess> {
    started += 1;
    const log = join(scratch, `${started}-${basename(command)}.log`);
    const file = openSync(log, 'w');
    const env = { ...process.env, NO_COLOR: '1' };
    const child = spawn(command, args, { stdio: ['ignore', file, file], env });
    closeSync(file);
    await once(child, 'spawn');
    return new LoggedProcess(keep(child), log);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The first group of the pattern, once the log has it. */
  logged(pattern: RegExp): Promise<string> {
    return this.#until(pattern, (text) => pattern.exec(text)?.[1]);
  }

  /** Resolves once the log has the global pattern so often. */
  async loggedTimes(pattern: RegExp, times: number): Promise<void> {
    await this.#until(pattern, (text) => {
      const found = text.match(pattern)?.length ?? 0;
      return found >= times ? found : undefined;
    });
  }

  async #until<T>(pattern: RegExp, find: (text: string) => T | undefined): Promise<T> {
    const deadline = Date.now() + READY_WITHIN;
    for (;;) {
      const text = readFileSync(this.#log, 'utf8');
      const found = find(text);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        const end = text.slice(-2000);
        throw new Error(`${this.#child.spawnfile} has not logged ${pattern} but:\n${end}`);
      }
      await sleep(POLL);
    }
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}
