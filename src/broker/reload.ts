import { type BrokerSettings, brokerOptions } from '../options/broker-options.ts';
import { limitOptions } from '../options/limit-options.ts';
import { TLS_FILES } from './access/tls-identity.ts';

type Name = keyof BrokerSettings;

/** What {@link Broker.reload} has brought, by the names of the options. */
export interface ReloadReport {
  /** Those that have another value now. */
  changed: Name[];
  /** Those that were given another value, which a broker that runs cannot take up. */
  atNextStart: Name[];
}

/** What may change while a broker runs. */
const CHANGEABLE: readonly string[] = [
  'ports',
  'tokens',
  'allowBasic',
  ...TLS_FILES,
  'lease',
  'heartbeat',
  'pairTimeout',
  'helloWait',
  'maxRegistrations',
  ...Object.keys(limitOptions),
  'backConnectFrom',
  'halfCloseTimeout',
  'drain',
];

/** What a broker goes by when it is given other settings while it runs. */
export function planReload(
  now: BrokerSettings,
  wanted: BrokerSettings,
): { settings: BrokerSettings } & ReloadReport {
  const names = Object.keys(brokerOptions) as Name[];
  const differing = names.filter((name) => now[name] !== wanted[name]);
  const fixed = new Set([
    ...differing.filter((name) => !CHANGEABLE.includes(name)),
    ...demandsKept(now, wanted),
  ]);
  const changed = differing.filter((name) => !fixed.has(name));
  const settings = { ...now, ...Object.fromEntries(changed.map((name) => [name, wanted[name]])) };
  const atNextStart = differing.filter((name) => fixed.has(name) || isHeldByPools(name, now));
  return { settings, changed, atNextStart };
}

/**
 * Whether it takes a token, TLS or a certificate to register is settled at the start: that is what
 * doors are opened by, and nobody who is there was asked for anything else.
 */
function demandsKept(now: BrokerSettings, wanted: BrokerSettings): Name[] {
  const turns = (isOn: (settings: BrokerSettings) => boolean) => isOn(now) !== isOn(wanted);
  const tokens = turns((settings) => settings.tokens !== undefined);
  const tls =
    turns(({ tlsCert, tlsPfx }) => (tlsCert ?? tlsPfx) !== undefined) ||
    turns(({ tlsClientCa }) => tlsClientCa !== undefined);
  const demands: Name[] = [...(tokens ? (['tokens'] as const) : []), ...(tls ? TLS_FILES : [])];
  // Whom a demand is not for belongs to it.
  return demands.length === 0 ? [] : [...demands, 'allowBasic'];
}

/** Pools go on to take whom they took when they were opened. */
function isHeldByPools(name: Name, { pool }: BrokerSettings): boolean {
  return name === 'allowBasic' && pool !== undefined;
}
