import { type ChildProcess, fork } from 'node:child_process';
import { keep, stop } from './children.ts';
import type { commands } from './load/commands.ts';

/** A relay may lose a connection without a word, which must not stop the run for good. */
const PATIENCE = 60_000;

type Commands = typeof commands;
type Args<K extends keyof Commands> = Parameters<Commands[K]>[0];
type Result<K extends keyof Commands> = Awaited<ReturnType<Commands[K]>>;
type Answer<K extends keyof Commands> = { result: Result<K> } | { error: string };

/** A process that makes or takes traffic. It is fresh for each measurement. */
export class LoadProcess {
  readonly #child: ChildProcess = keep(fork(new URL('./load.ts', import.meta.url)));

  call<K extends keyof Commands>(name: K, args: Args<K>): Promise<Result<K>> {
    return new Promise((resolve, reject) => {
      const died = () => reject(new Error(`the load process died in ${name}`));
      const silent = () => reject(new Error(`${name} took more than ${PATIENCE / 1000} s`));
      const deadline = setTimeout(silent, PATIENCE);
      this.#child.once('exit', died);
      this.#child.once('message', (answer: Answer<K>) => {
        clearTimeout(deadline);
        this.#child.off('exit', died);
        if ('error' in answer) reject(new Error(`${name}: ${answer.error}`));
        else resolve(answer.result);
      });
      this.#child.send({ name, args });
    });
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}
