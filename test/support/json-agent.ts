import type { TestContext } from 'node:test';
import { type Program, runCli } from './program.ts';

export interface AgentEvent {
  event: string;
  [field: string]: unknown;
}

/** What scripts get of a relay-agent with `--json`. */
export interface JsonAgent {
  program: Program;
  /** The `nth` event of that name, as soon as it is there. */
  event(name: string, nth?: number): Promise<AgentEvent>;
  /** The public port, of the `nth` grant. */
  port(nth?: number): Promise<number>;
}

/** @param relay - its control port on this machine, or where it is */
export function runJsonAgent(
  t: TestContext,
  target: number | string,
  relay: number | string,
  ...options: string[]
): JsonAgent {
  const to = typeof relay === 'number' ? `127.0.0.1:${relay}` : relay;
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
