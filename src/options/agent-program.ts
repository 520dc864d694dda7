import { agentOptions } from './agent-options.ts';
import { configOptions } from './config-options.ts';
import { jsonOptions, liveOptions, logOptions } from './log-options.ts';
import { metricsOptions } from './metrics-options.ts';
import type { Program } from './program.ts';
import { readyOptions } from './ready-options.ts';

/** What an agent takes for each service that it exposes. */
export const serviceOptions = { ...agentOptions, ...readyOptions } as const;

/** And what for all of them. */
export const agentProcessOptions = {
  ...metricsOptions,
  ...liveOptions,
  ...logOptions,
  ...jsonOptions,
  ...configOptions,
} as const;

export const agentProgram = {
  name: 'relay-agent',
  description: 'Exposes a local service through a relay',
  options: { ...serviceOptions, ...agentProcessOptions },
} as const satisfies Program;
