#!/usr/bin/env node
import { createAgent } from '../agent/agent.ts';
import { nameOf } from '../agent/target.ts';
import { logAgent, logForPrograms, logPool, printAddress } from '../log/agent-log.ts';
import { createLog } from '../log/log.ts';
import { type AgentOptions, agentOptions } from '../options/agent-options.ts';
import { jsonOptions, logOptions } from '../options/log-options.ts';
import { readyOptions } from '../options/ready-options.ts';
import { closeOnSignals, exitOnFailure, program } from './program.ts';
import { tellScripts } from './scripts.ts';

await program({
  name: 'relay-agent',
  description: 'Exposes a local service through a relay',
  options: { ...agentOptions, ...readyOptions, ...logOptions, ...jsonOptions },
  async run({ log: format, json, onReady, addressFile, ...settings }) {
    // Whether there is a relay or a pool is checked in there.
    const agent = createAgent(settings as AgentOptions);
    const isJson = json || format === 'json';
    const log = createLog({ log: isJson ? 'json' : 'pretty', verbose: false });
    const target = nameOf(settings.target);
    logAgent(agent, log, target);
    if (settings.pool !== undefined) logPool(log, settings.pool, settings.connections, target);
    if (isJson) logForPrograms(agent, log, target);
    else printAddress(agent, log);
    tellScripts(agent, { onReady, addressFile }, log);
    exitOnFailure(agent, log);
    closeOnSignals(agent);
    await agent.run();
  },
});
