import { Agent } from '../agent/agent.ts';
import type { OpenPlane } from '../agent/planes.ts';
import { nameOf } from '../agent/target.ts';
import { UNNAMED } from '../config/resolve.ts';
import { logAddress, logAgent, logForPrograms, logPool, printAddress } from '../log/agent-log.ts';
import { type Log, ofService } from '../log/log.ts';
import { type AgentOptions, checkAgentOptions } from '../options/agent-options.ts';
import { exitOnFailure } from './program.ts';
import { tellScripts } from './scripts.ts';
import type { Service, ServiceSettings } from './services.ts';

/** What reads what an agent writes. */
export type Reader = 'program' | 'terminal' | 'pipe';

/** How each is told where clients come to. */
const announce: Record<
  Reader,
  (agent: Agent, log: Log, of: Record<'name' | 'target', string>) => void
> = {
  program: (agent, log, { target }) => logForPrograms(agent, log, target),
  terminal: (agent, log, { target }) => logAddress(agent, log, target),
  pipe: (agent, log, { name }) => printAddress(agent, log, name),
};

/** Makes the agent of a service, and has it reported what happens to it. */
export function startService(
  name: string,
  { onReady, addressFile, ...settings }: ServiceSettings,
  { log: all, reader, planes }: { log: Log; reader: Reader; planes: OpenPlane },
): Service {
  // Whether there is a relay or a pool is checked in there.
  const agent = new Agent(checkAgentOptions(settings as AgentOptions), planes);
  const log = name === UNNAMED ? all : ofService(all, name);
  const target = nameOf(settings.target);
  logAgent(agent, log, target);
  if (settings.pool !== undefined) logPool(log, settings.pool, settings.connections, target);
  announce[reader](agent, log, { name, target });
  const over = tellScripts(agent, { onReady, addressFile }, log);
  exitOnFailure(agent, log);
  return { agent, over };
}
