import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keep, stop } from './children.ts';
import { scratch } from './scratch.ts';

const READY_WITHIN = 10_000;

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
  async logged(pattern: RegExp): Promise<string> {
    const deadline = Date.now() + READY_WITHIN;
    for (;;) {
      const text = readFileSync(this.#log, 'utf8');
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${this.#child.spawnfile} logged no ${pattern} but:\n${text}`);
      }
      await sleep(20);
    }
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}
