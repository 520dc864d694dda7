import { RelayError } from '../errors.ts';
import { serviceOptions } from '../options/connect-options.ts';
import { checkOptions } from '../options/option.ts';
import { parseAddress } from '../options/values.ts';
import { isServiceName } from '../protocol/names.ts';

/** A service, and the relay that knows it by its name. */
export interface Service {
  name: string;
  /** The relay as it was given, for messages. */
  via: string;
  /** Where the relay is dialled. */
  relay: { host: string; port: number };
}

/** Throws `E_BAD_OPTION`. */
export function parseService(given: { name: string; via: string }): Service {
  const { name, via } = checkOptions(serviceOptions, given);
  const relay = parseAddress(via);
  if (relay !== undefined && isServiceName(name)) return { name, via, relay };
  throw new RelayError(
    'E_BAD_OPTION',
    'name: expected 1 to 255 octets of UTF-8 without control characters',
  );
}
