import { ConfigError } from '../config/config-error.ts';
import { type Layer, pick, valuesOf } from '../config/layer.ts';
import type { Shape } from '../config/shape.ts';
import { configOptions } from '../options/config-options.ts';
import { checkOptions, type Options } from '../options/option.ts';
import type { Program } from '../options/program.ts';
import { USAGE } from './exit-code.ts';
import { configurationIn, LiveConfiguration } from './live-configuration.ts';
import { print } from './print.ts';
import { runProgram } from './program.ts';

/** Runs a program that takes a configuration file as well, or does with that what it is asked to do instead. */
export function configuredProgram<P extends Options, S extends Options>(
  definition: Program & { shape: Shape<P, S>; run(live: LiveConfiguration<P, S>): Promise<void> },
): Promise<void> {
  const { shape, run } = definition;
  return runProgram(definition, async (given) => {
    const asked = checkOptions(configOptions, valuesOf(pick(given, configOptions)));
    const { config, checkConfig, printConfig } = asked;
    if (checkConfig && config !== undefined) return check(config, shape, given);
    const live = await LiveConfiguration.open(shape, given, config);
    if (printConfig) {
      const { printConfiguration } = await import('../config/print.ts');
      print(printConfiguration(shape, live.value, config));
      live.close();
      return;
    }
    try {
      await run(live);
    } catch (error) {
      live.close();
      throw error;
    }
  });
}

async function check<P extends Options, S extends Options>(
  file: string,
  shape: Shape<P, S>,
  given: Layer,
): Promise<void> {
  const source = await configurationIn(file, shape, given);
  try {
    source.parse(await source.read());
    print(`${file}: nothing is wrong with it\n`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(error.faults.map((fault) => `${fault}\n`).join(''));
    process.exitCode = USAGE;
  }
}
