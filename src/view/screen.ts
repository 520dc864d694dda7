import type { WriteStream } from 'node:tty';
import type { Size } from './picture.ts';

/** A screen of our own, which leaves the one of before as it is; no cursor; and long lines are cut off. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

const HOME = '\x1b[H';
const REST_OF_LINE = '\x1b[K';
const REST_OF_SCREEN = '\x1b[J';

/** What a terminal without a size is taken to have. */
const USUAL: Size = { columns: 80, rows: 24 };

/**
 * A terminal that is drawn on as a whole, and given back as it was: when it is closed, when the process
 * ends, and for as long as the process is stopped (Ctrl-Z).
 */
export class Screen {
  readonly #terminal: WriteStream;
  readonly #changed: () => void;
  #isOpen = false;

  /** @param changed - called when what was drawn is gone or does not fit any more */
  constructor(terminal: WriteStream, changed: () => void) {
    this.#terminal = terminal;
    this.#changed = changed;
    terminal.on('resize', changed);
    process.on('SIGTSTP', this.#stop).on('SIGCONT', this.#continue);
    this.#enter();
  }

  get size(): Size {
    const { columns, rows } = this.#terminal;
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  }

  /** Not while the terminal has not taken what came before. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen || this.#terminal.writableLength > 0) return;
    const text = lines.map((line) => `${line}${REST_OF_LINE}`).join('\n');
    this.#terminal.write(`${HOME}${text}${REST_OF_SCREEN}`);
  }

  close(): void {
    this.#terminal.off('resize', this.#changed);
    process.off('SIGTSTP', this.#stop).off('SIGCONT', this.#continue);
    this.#leave();
  }

  #enter(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#terminal.write(ENTER);
  }

  #leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#terminal.write(LEAVE);
  }

  readonly #stop = () => {
    this.#leave();
    // Who listens for SIGTSTP has to stop himself.
    process.kill(process.pid, 'SIGSTOP');
  };

  readonly #continue = () => {
    this.#enter();
    this.#changed();
  };
}
