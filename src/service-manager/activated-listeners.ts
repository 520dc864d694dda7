import type { InheritedListener, ListenerRole } from '../broker/inheritance.ts';
import { RelayError } from '../errors.ts';
import type { BrokerSettings } from '../options/broker-options.ts';
import { dashed } from '../options/spelling.ts';
import type { ActivatedListener } from './environment.ts';

/** What has the broker use a listener of that role; clients come to whatever is open. */
const OPTIONS: Record<ListenerRole, keyof BrokerSettings | undefined> = {
  control: 'port',
  client: undefined,
  announce: 'announcePort',
  pool: 'pool',
  names: 'names',
  'names-client': 'names',
  'tls-names': 'tlsNames',
  'http-names': 'httpNames',
};

const NAME = /^([a-z-]+?)(?:-(\d{1,5}))?$/;

/**
 * Listeners that the service manager has opened, as a broker takes them. Each is called after
 * its role, with the port behind it where there are several (`client-40123`). Throws
 * `E_LISTEN` for one that would take connections which nobody ever accepts.
 */
export function activatedListeners(
  listeners: readonly ActivatedListener[],
  settings: BrokerSettings,
): InheritedListener[] {
  return listeners.map(({ name, descriptor }) => {
    const [, role = '', port] = NAME.exec(name) ?? [];
    if (!isRole(role) || (role === 'client' && port === undefined)) throw unknownName(name);
    const option = OPTIONS[role];
    if (option !== undefined && settings[option] === undefined) throw unused(name, option);
    return { role, descriptor, port: port === undefined ? undefined : Number(port) };
  });
}

function isRole(text: string): text is ListenerRole {
  return Object.hasOwn(OPTIONS, text);
}

function unknownName(name: string): RelayError {
  const roles = Object.keys(OPTIONS).map((role) => (role === 'client' ? 'client-<port>' : role));
  return new RelayError(
    'E_LISTEN',
    `The service manager hands over a listener named "${name}", which says nothing. Have FileDescriptorName= say what it is for: ${roles.join(', ')}.`,
  );
}

function unused(name: string, option: string): RelayError {
  return new RelayError(
    'E_LISTEN',
    `The service manager hands over a listener named "${name}", and there is no --${dashed(option)}. Add that, or stop the socket unit.`,
  );
}
