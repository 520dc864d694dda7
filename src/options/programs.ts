import { agentProgram } from './agent-program.ts';
import { brokerProgram } from './broker-program.ts';
import { connectProgram } from './connect-program.ts';
import type { Program } from './program.ts';

export const programs: readonly Program[] = [brokerProgram, agentProgram, connectProgram];
