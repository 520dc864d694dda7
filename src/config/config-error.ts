import { RelayError } from '../errors.ts';

/** All that is wrong with a configuration, each with its place where that is in a file. */
export class ConfigError extends RelayError {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super('E_BAD_OPTION', faults.join('; '));
    this.faults = faults;
  }
}
