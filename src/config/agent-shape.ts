import { agentFaults } from '../options/agent-options.ts';
import { agentProcessOptions, serviceOptions } from '../options/agent-program.ts';
import type { Shape } from './shape.ts';

export const agentShape: Shape<typeof agentProcessOptions, typeof serviceOptions> = {
  process: agentProcessOptions,
  service: serviceOptions,
  unshared: ['state', 'addressFile'],
  processFaults: () => [],
  serviceFaults: agentFaults,
};
