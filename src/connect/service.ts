import { RelayError } from '../errors.ts';
import { serviceOptions } from '../options/connect-options.ts';
import { checkOptions } from '../options/option.ts';
import { parseList } from '../options/values.ts';
import { isServiceName } from '../protocol/names.ts';
import { RelayList } from '../relay-list.ts';

/** A service, and the relays that know it by its name. */
export interface Service {
  name: string;
  relays: RelayList;
}

/** Throws `E_BAD_OPTION`. */
export function parseService(given: { name: string; via: string }): Service {
  const { name, via } = checkOptions(serviceOptions, given);
  if (isServiceName(name)) return { name, relays: new RelayList(parseList(via)) };
  throw new RelayError(
    'E_BAD_OPTION',
    'name: expected 1 to 255 octets of UTF-8 without control characters',
  );
}
