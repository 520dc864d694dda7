import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import { type ArgsDef, type CommandDef, defineCommand, renderUsage, runMain } from 'citty';
import { type Layer, valuesOf } from '../config/layer.ts';
import { RelayError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { checkOptions, type Options, type OptionsOutput } from '../options/option.ts';
import type { Program } from '../options/program.ts';
import { FAILURE, USAGE } from './exit-code.ts';
import { outliveReaders } from './print.ts';
import { givenBy, toArgs } from './settings.ts';

/** Something that runs until it is closed; closing again with no time left ends it at once. */
export interface Closable {
  close(options?: { drain?: number }): Promise<void>;
}

/** Runs a command whose options come from the command line, or these arguments of it, and the environment. */
export function program<O extends Options>(
  definition: Program & { options: O; run(settings: OptionsOutput<O>): Promise<void> },
  rawArgs?: string[],
): Promise<void> {
  const { options, run } = definition;
  return runProgram(definition, (given) => run(checkOptions(options, valuesOf(given))), rawArgs);
}

/** The same for one that has more sources of settings than these two. */
export function runProgram(
  { name, description, options, commands }: Program,
  run: (given: Layer) => Promise<void>,
  rawArgs = process.argv.slice(2),
): Promise<void> {
  outliveReaders();
  const command: CommandDef<ArgsDef> = defineCommand({
    meta: { name, description, version: version() },
    args: toArgs(options),
    run: async ({ args, rawArgs }) => {
      try {
        await run(givenBy(options, args, process.env, rawArgs));
      } catch (error) {
        fail(name, error);
      }
    },
  });
  const usage = { ...command, ...(commands && { subCommands: listed(name, commands) }) };
  return runMain(command, { rawArgs, showUsage: () => printUsage(usage) });
}

/** With colours on a terminal alone: citty has them for a pager, too. */
async function printUsage(command: CommandDef<ArgsDef>): Promise<void> {
  const usage = await renderUsage(command);
  process.stdout.write(`${process.stdout.isTTY ? usage : stripVTControlCharacters(usage)}\n\n`);
}

/** A program's commands as its `--help` lists them. */
function listed(program: string, commands: readonly Program[]): Record<string, CommandDef> {
  return Object.fromEntries(
    commands.map(({ name, description }) => [
      name.slice(program.length + 1),
      { meta: { description } },
    ]),
  );
}

/**
 * The first SIGINT or SIGTERM closes, which lets connections finish; the second
 * leaves them no time. Both are what a person and a service manager send.
 */
export function closeOnSignals(running: Closable): void {
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    void running.close(signals > 1 ? { drain: 0 } : {});
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
}

/** What an event emitter that cannot go on says last. */
interface Failing {
  on(event: 'error', listener: (error: RelayError) => void): unknown;
}

/** Ends the process when what it runs has failed for good, whatever else is still going on. */
export function exitOnFailure(running: Failing, log: Log): void {
  running.on('error', ({ code, message }) => {
    log('error', message, { event: 'error', code });
    process.exit(FAILURE);
  });
}

function fail(name: string, error: unknown): void {
  if (!(error instanceof RelayError)) throw error;
  const usage = error.code === 'E_BAD_OPTION';
  process.stderr.write(`${name}: ${error.message}\n`);
  if (usage) process.stderr.write(`Try "${name} --help".\n`);
  process.exitCode = usage ? USAGE : FAILURE;
}

export function version(): string {
  const { version } = createRequire(import.meta.url)('relay-broker/package.json') as {
    version: string;
  };
  return version;
}
