import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

const HOME = '\x1b[H';

/** A program on a terminal of its own; ended when the test ends. Needs python3. */
export class Terminal {
  /** All that it wrote, with what steers the terminal. */
  written = '';
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(
    t: TestContext,
    { columns, rows, env = {} }: { columns: number; rows: number; env?: NodeJS.ProcessEnv },
    command: string[],
  ) {
    const args = ['test/support/on-terminal.py', String(columns), String(rows), ...command];
    const { NO_COLOR: _, ...inherited } = process.env;
    const usual = { TERM: 'xterm-256color', LANG: 'C.UTF-8', LC_ALL: '' };
    const options = { env: { ...inherited, ...usual, ...env } };
    this.#child = spawn('python3', args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.written += text;
    });
    this.exited = once(this.#child, 'close').then(([code]) => code);
    t.after(async () => {
      // Its terminal goes with it, and the program with that.
      this.#child.kill('SIGKILL');
      await this.exited;
    });
  }

  type(text: string): void {
    this.#tell({ type: text });
  }

  resize(columns: number, rows: number): void {
    this.#tell({ size: [columns, rows] });
  }

  continue(): void {
    this.#tell({ continue: true });
  }

  /** The lines of the last frame that is there as a whole. */
  get frame(): string[] {
    const frame = this.written.split(HOME).findLast((text) => text.includes('\x1b[J')) ?? '';
    return stripVTControlCharacters(frame.split('\x1b[J')[0] ?? '').split('\r\n');
  }

  /** Resolves when a line of the last frame is like this. */
  async shows(pattern: RegExp): Promise<void> {
    await this.until(() => this.frame.some((line) => pattern.test(line)));
  }

  /** Resolves when what was written so far makes this so. */
  async until(isSo: () => boolean): Promise<void> {
    const over = this.exited.then(() => true);
    while (!isSo()) {
      const more = once(this.#child.stdout ?? this.#child, 'data').then(() => false);
      const isOver = await Promise.race([more, over]);
      if (isOver && !isSo()) throw new Error(`it ended after:\n${this.written}`);
    }
  }

  #tell(command: object): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }
}
