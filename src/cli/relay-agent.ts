#!/usr/bin/env node
import { createAgent } from '../agent/agent.ts';
import { nameOf } from '../agent/target.ts';
import { logAgent } from '../log/agent-log.ts';
import { createLog } from '../log/log.ts';
import { agentOptions } from '../options/agent-options.ts';
import { logOptions } from '../options/log-options.ts';
import { closeOnSignals, exitOnFailure, program } from './program.ts';

await program({
  name: 'relay-agent',
  description: 'Exposes a local service through a relay',
  options: { ...agentOptions, ...logOptions },
  async run({ log: format, ...settings }) {
    const agent = createAgent(settings);
    const log = createLog({ log: format, verbose: false });
    logAgent(agent, log, nameOf(settings.target));
    exitOnFailure(agent, log);
    closeOnSignals(agent);
    await agent.run();
  },
});
