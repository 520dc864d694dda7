import { createRequire } from 'node:module';
import { type ArgsDef, type CommandDef, defineCommand, runMain } from 'citty';
import { RelayError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import type { Options, OptionsOutput } from '../options/option.ts';
import { settingsFrom, toArgs } from './settings.ts';

/** Exit code of a program that could not do what it was to do. */
export const FAILURE = 1;
const USAGE = 2;

/** Something that runs until it is closed; closing again with no time left ends it at once. */
interface Closable {
  close(options?: { drain?: number }): Promise<void>;
}

/** Runs a command whose options come from the command line, or these arguments of it, and the environment. */
export function program<O extends Options>(
  definition: {
    name: string;
    description: string;
    options: O;
    run(settings: OptionsOutput<O>): Promise<void>;
  },
  rawArgs = process.argv.slice(2),
): Promise<void> {
  const { name, description, options, run } = definition;
  const command: CommandDef<ArgsDef> = defineCommand({
    meta: { name, description, version: version() },
    args: toArgs(options),
    run: async ({ args, rawArgs }) => {
      try {
        await run(settingsFrom(options, args, process.env, rawArgs));
      } catch (error) {
        fail(name, error);
      }
    },
  });
  return runMain(command, { rawArgs });
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

function version(): string {
  const { version } = createRequire(import.meta.url)('relay-broker/package.json') as {
    version: string;
  };
  return version;
}
