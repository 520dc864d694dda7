import { adminFaults } from '../options/admin-options.ts';
import { brokerFaults } from '../options/broker-options.ts';
import { brokerProgram } from '../options/broker-program.ts';
import type { Shape } from './shape.ts';

export const brokerShape: Shape<typeof brokerProgram.options, Record<never, never>> = {
  process: brokerProgram.options,
  service: {},
  unshared: [],
  processFaults: (settings) => [...brokerFaults(settings), ...adminFaults(settings)],
  serviceFaults: () => [],
};
