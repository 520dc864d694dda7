#!/usr/bin/env node
import { createAgent } from '../agent/agent.ts';
import { nameOf } from '../agent/target.ts';
import { logAgent } from '../log/agent-log.ts';
import { createLog } from '../log/log.ts';
import { agentOptions } from '../options/agent-options.ts';
import { logOptions } from '../options/log-options.ts';
import { closeOnSignals, program } from './program.ts';

await program({
  name: 'relay-agent',
  description: 'Exposes a local service through a relay',
  options: { ...agentOptions, ...logOptions },
  async run({ log: format, ...settings }) {
    const agent = createAgent(settings);
    logAgent(agent, createLog({ log: format, verbose: false }), nameOf(settings.target));
    closeOnSignals(agent);
    await agent.run();
  },
});
