import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Writable } from 'node:stream';
import { keep, stop } from './children.ts';
import { type Generator, lean, plain } from './generators.ts';
import type { commands } from './load/commands.ts';

/** A relay may lose a connection without a word, which must not stop the run for good. */
const PATIENCE = 60_000;

type Commands = typeof commands;
type Args<K extends keyof Commands> = Parameters<Commands[K]>[0];
type Result<K extends keyof Commands> = Awaited<ReturnType<Commands[K]>>;
type Answer<K extends keyof Commands> = { result: Result<K> } | { error: string };

/** A process that makes or takes traffic. It is fresh for each measurement. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #requests: Writable;
  readonly #answers: Interface;

  constructor({ command, args }: Generator = lean ?? plain) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = keep(child);
    this.#requests = child.stdin;
    this.#answers = createInterface({ input: child.stdout });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  call<K extends keyof Commands>(name: K, args: Args<K>): Promise<Result<K>> {
    return new Promise((resolve, reject) => {
      const died = () => reject(new Error(`the load process died in ${name}`));
      const silent = () => reject(new Error(`${name} took more than ${PATIENCE / 1000} s`));
      const deadline = setTimeout(silent, PATIENCE);
      this.#answers.once('close', died);
      this.#answers.once('line', (line) => {
        clearTimeout(deadline);
        this.#answers.off('close', died);
        const answer = JSON.parse(line) as Answer<K>;
        if ('error' in answer) reject(new Error(`${name}: ${answer.error}`));
        else resolve(answer.result);
      });
      this.#requests.write(`${JSON.stringify({ name, args })}\n`);
    });
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}
