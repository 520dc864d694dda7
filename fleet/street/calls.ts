import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Asking another process of ours to do something, and getting what comes of it. */

type Commands = Record<string, (argument: never) => unknown>;
type Argument<C extends Commands, K extends keyof C> = Parameters<C[K]>[0];
type Result<C extends Commands, K extends keyof C> = Awaited<ReturnType<C[K]>>;

interface Call {
  id: number;
  name: string;
  argument: never;
}

type Answer = { id: number } & ({ result: unknown } | { error: string });

/** In that process. */
export function answerCalls(commands: Commands): void {
  process.on('message', async ({ id, name, argument }: Call) => {
    const answer = await (async () => commands[name]?.(argument))().then(
      (result) => ({ id, result }),
      (error: Error) => ({ id, error: String(error.stack) }),
    );
    process.send?.(answer);
  });
  // Nobody is left to work for.
  process.on('disconnect', () => process.exit());
}

/** A process that answers calls; gone when the test ends. */
export class Worker<C extends Commands> {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  constructor(t: TestContext, file: URL) {
    this.#child = fork(fileURLToPath(file), { execArgv: ['--import', 'tsx'] });
    const exited = once(this.#child, 'exit');
    this.#child.on('message', (answer: Answer) => this.#pending.get(answer.id)?.(answer));
    t.after(async () => {
      this.#child.kill('SIGKILL');
      await exited;
    });
    void exited.then(() => {
      for (const [id, settle] of this.#pending) settle({ id, error: `${file} has ended` });
    });
  }

  async call<K extends keyof C & string>(
    name: K,
    ...[argument]: Argument<C, K> extends undefined ? [] : [Argument<C, K>]
  ): Promise<Result<C, K>> {
    this.#calls += 1;
    const id = this.#calls;
    const answer = await new Promise<Answer>((resolve) => {
      this.#pending.set(id, resolve);
      this.#child.send({ id, name, argument });
    });
    this.#pending.delete(id);
    if ('error' in answer) throw new Error(`${name}: ${answer.error}`);
    return answer.result as Result<C, K>;
  }
}
