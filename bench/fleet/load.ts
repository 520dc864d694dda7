import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { keep, stop } from '../children.ts';

/** The process of loader.ts. */
export class Load {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor(urls: string) {
    const file = fileURLToPath(new URL('loader.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', file, urls], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = keep(child);
    this.#lines = createInterface({ input: child.stdout });
  }

  /** Resolves when the fleet has so many names of it. */
  async claim(names: number): Promise<void> {
    const done = once(this.#lines, 'line');
    const ended = once(this.#lines, 'close').then(() => {
      throw new Error('the loader has ended');
    });
    this.#child.stdin?.write(`${names}\n`);
    await Promise.race([done, ended]);
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}
