import type { TestContext } from 'node:test';
import { type Program, runCli } from './program.ts';

export interface AgentEvent {
  event: string;
  [field: string]: unknown;
}

/** A relay-agent with `--json`, as scripts use it. */
export interface JsonAgent {
  program: Program;
  /** The `nth` event of that name, as soon as it is there. */
  event(name: string, nth?: number): Promise<AgentEvent>;
  /** The public port, of the `nth` grant. */
  port(nth?: number): Promise<number>;
}

export function runJsonAgent(
  t: TestContext,
  target: number | string,
  controlPort: number,
  ...options: string[]
): JsonAgent {
  const to = `127.0.0.1:${controlPort}`;
  const program = runCli(t, 'relay-agent', [String(target), '--to', to, '--json', ...options]);
  const event = async (name: string, nth = 1): Promise<AgentEvent> => {
    const [line] = await program.line(new RegExp(`^\\{.*"event":"${name}".*\\}$`), nth);
    return JSON.parse(line) as AgentEvent;
  };
  return {
    program,
    event,
    port: async (nth) => Number((await event('ready', nth)).port),
  };
}
