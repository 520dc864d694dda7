#!/usr/bin/env node
import { brokerShape } from '../config/broker-shape.ts';
import { brokerProgram } from '../options/broker-program.ts';
import { configuredProgram } from './configured-program.ts';

/** Those of {@link brokerProgram}, by the words behind its name. */
const commands: Record<string, (rawArgs: string[]) => Promise<void>> = {
  status: async (rawArgs) => (await import('./operate/status.ts')).runStatus(rawArgs),
  ps: async (rawArgs) => (await import('./operate/ps.ts')).runPs(rawArgs),
  kick: async (rawArgs) => (await import('./operate/kick.ts')).runKick(rawArgs),
  drain: async (rawArgs) => (await import('./operate/drain.ts')).runDrain(rawArgs),
  'token create': async (rest) => (await import('./token-command.ts')).createTokenCommand(rest),
  completions: async (rest) => (await import('./completions-command.ts')).printCompletions(rest),
};

// Not as subcommands of citty's, which takes a port for the name of one.
const args = process.argv.slice(2);
const found = Object.entries(commands)
  .map(([words, run]) => ({ words: words.split(' '), run }))
  .find(({ words }) => words.every((word, n) => word === args[n]));
if (found === undefined) await broker();
else await found.run(args.slice(found.words.length));

/** Who asks for help, or what is wrong with his options, does not wait for a broker to be loaded. */
function broker(): Promise<void> {
  return configuredProgram({
    ...brokerProgram,
    shape: brokerShape,
    run: async (live) => (await import('./run-broker.ts')).runBroker(live),
  });
}
