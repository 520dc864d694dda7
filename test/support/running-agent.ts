import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type Agent, type AgentEvents, type AgentOptions, createAgent } from 'relay-broker';

/** An agent that runs, and is closed when the test ends. */
export interface RunningAgent {
  agent: Agent;
  /** The arguments of the next event of that name; rejects when the agent fails before. */
  next<Name extends keyof AgentEvents>(name: Name): Promise<AgentEvents[Name]>;
  /** The names of all events so far, oldest first. */
  told: string[];
  /** Settles as `run()` does. */
  over: Promise<void>;
}

/** @param options - with a relay or a pool */
export function runAgent(t: TestContext, options: Partial<AgentOptions>): RunningAgent {
  const agent = createAgent({ target: 1, dataPlane: 'portable', ...options } as AgentOptions);
  const told: string[] = [];
  const emit = agent.emit.bind(agent);
  agent.emit = (name, ...rest) => {
    told.push(String(name));
    return emit(name, ...rest);
  };
  const over = agent.run();
  over.catch(() => {});
  t.after(async () => {
    await agent.close({ drain: 0 });
    await over.catch(() => {});
  });
  return {
    agent,
    told,
    over,
    async next<Name extends keyof AgentEvents>(name: Name) {
      const failure = over.then(() => new Promise<never>(() => {}));
      return (await Promise.race([once(agent, name), failure])) as AgentEvents[Name];
    },
  };
}
