import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

/** A program under test, as a user runs it; killed, if it still runs, when the test ends. */
export class Program {
  readonly child: ChildProcess;
  /** What it printed so far, stdout and stderr in one. */
  readonly lines: string[] = [];
  readonly exited: Promise<number | null>;
  readonly #printed = new EventEmitter();
  #hasEnded = false;

  constructor(t: TestContext, command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    const options = { env: { ...process.env, NO_COLOR: '1', ...env } };
    this.child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const output of [this.child.stdout, this.child.stderr]) {
      if (output === null) continue;
      createInterface(output).on('line', (line) => {
        this.lines.push(line);
        this.#printed.emit('line');
      });
    }
    this.exited = once(this.child, 'close').then(([code]) => {
      this.#hasEnded = true;
      this.#printed.emit('end');
      return code;
    });
    t.after(async () => {
      this.child.kill('SIGKILL');
      await this.exited;
    });
  }

  get output(): string {
    return this.lines.join('\n');
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('not started');
    return this.child.pid;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** The `nth` line that matches, as soon as it is there. Rejects when the program ends without. */
  async line(pattern: RegExp, nth = 1): Promise<RegExpExecArray> {
    const matches = () => this.lines.map((line) => pattern.exec(line)).filter((m) => m !== null);
    let match = matches()[nth - 1];
    if (match) return match;
    if (!this.#hasEnded) {
      for await (const _ of on(this.#printed, 'line', { close: ['end'] })) {
        match = matches()[nth - 1];
        if (match) return match;
      }
    }
    throw new Error(`no line ${nth} like ${pattern} in:\n${this.output}`);
  }
}

/** Runs a TypeScript file of this repository, on Node 20 too. */
export function runTypeScript(t: TestContext, file: string, ...args: string[]): Program {
  return new Program(t, process.execPath, ['--import', 'tsx', file, ...args]);
}

/**
 * An agent that a busy machine holds up before its first line is no registrant of the basic protocol, and
 * clients wait for it.
 */
export const PATIENT = { RELAY_HELLO_WAIT: '2000', RELAY_PAIR_TIMEOUT: '60' };

/** Options of a broker whose registrants are of the basic protocol, and are not to wait for long. */
export const BASIC = ['--hello-wait', '200'];

export function runCli(
  t: TestContext,
  name: 'relay-broker' | 'relay-agent' | 'relay-connect',
  args: string[],
  env?: NodeJS.ProcessEnv,
): Program {
  const command = [`dist/cli/${name}.js`, ...args];
  return new Program(t, process.execPath, command, { ...PATIENT, ...env });
}

/** A broker on loopback, and the control port that it logged. */
export type RunningBroker = Program & { controlPort: number };

export function runBroker(t: TestContext, ...args: string[]): Promise<RunningBroker> {
  return runBrokerAt(t, 0, ...args);
}

/** One on a port that its successor is to have as well, of {@link freePorts}. */
export async function runBrokerAt(
  t: TestContext,
  controlPort: number,
  ...args: string[]
): Promise<RunningBroker> {
  const broker = runCli(t, 'relay-broker', [String(controlPort), '--host', '127.0.0.1', ...args]);
  const [, port] = await broker.line(/Control connections on port (\d+)/);
  return Object.assign(broker, { controlPort: Number(port) });
}

/** The port of the broker's `nth` front door of this name. */
export async function doorOf(broker: Program, door: string, nth = 1): Promise<string> {
  const [, port = ''] = await broker.line(new RegExp(`Front door ${door} on port (\\d+)`), nth);
  return port;
}

/** The client port of the broker's `nth` registration. */
export async function clientPortOf(broker: Program, nth = 1): Promise<number> {
  const [, port] = await broker.line(/Serving relay requests on port (\d+)/, nth);
  return Number(port);
}
