import { type ChildProcess, spawn } from 'node:child_process';
import { reasonOf } from '../errors.ts';

/** A command that the shell runs, and whatever that starts. It writes to stderr, for programs read our stdout. */
export class ShellCommand {
  /** Resolves with why it failed, or with nothing. */
  readonly ended: Promise<string | undefined>;
  readonly #child: ChildProcess;

  /**
   * @param variables - added to our environment, in which it does not see our token
   * @param input - what it can read from stdin, of which there is none without this
   */
  constructor(command: string, variables: NodeJS.ProcessEnv, input?: string) {
    const { RELAY_TOKEN: _, ...inherited } = process.env;
    const child = spawn(command, {
      shell: true,
      // The leader of a process group, which can be ended as a whole.
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', 2, 2],
      env: { ...inherited, ...variables },
    });
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(reasonOf(error)));
      child.once('exit', (code, signal) => resolve(code === 0 ? undefined : `${signal ?? code}`));
    });
    // It need not read.
    child.stdin?.on('error', () => {}).end(input);
  }

  /** It is not to keep us from ending. */
  unref(): void {
    this.#child.unref();
  }

  end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Windows knows no process groups.
      this.#child.kill(signal);
    }
  }
}
