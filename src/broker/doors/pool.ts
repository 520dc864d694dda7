import { RelayError } from '../../errors.ts';
import { parsePortPairs } from '../../options/values.ts';
import { WAIT_TIMEOUT } from '../../pool/pool-exchange.ts';
import { strictest } from '../access/limits.ts';
import type { Refusal } from '../reception/refusal.ts';
import { exchangeSettings, planeFor } from '../registration/exchange-settings.ts';
import type { Site } from '../registration/site.ts';
import type { Door } from './door.ts';
import { PoolRegistration } from './pool/pool-registration.ts';

/** Where far ends keep idle connections, one of which each client of a service port is joined with. */
export async function* openPools(site: Site): AsyncGenerator<Door> {
  const pools = parsePortPairs(site.settings.pool ?? '') ?? [];
  for (const [relayPort, servicePort] of pools) yield openPool(site, relayPort, servicePort);
}

async function openPool(site: Site, relayPort: number, servicePort: number): Promise<Door> {
  const { settings, access, planes, registry, inheritance, emit } = site;
  const inherits = {
    backConnects: inheritance.take('pool', relayPort),
    clients: inheritance.take('client', servicePort),
  };
  const own = {
    pairing: 'order',
    backConnectPort: inherits.backConnects === undefined ? relayPort : undefined,
    backConnectFrom: farEndsFrom(site),
    limits: strictest(access.limits),
    pairTimeout: WAIT_TIMEOUT * 1000,
    secured: settings.poolTls,
  } as const;
  const ports = { candidates: [servicePort], refusal: 'port-taken' } as const;
  const claim = { ports, rights: undefined, event: 'registered' } as const;
  const pool = await registry.open(claim, (id, port) => {
    const clientPort = inherits.clients === undefined ? port : undefined;
    const exchange = exchangeSettings(settings, access, { ...own, clientPort });
    const opening = { id, settings: exchange, inherits };
    return PoolRegistration.open(opening, planeFor(exchange, planes), emit);
  });
  if ('cause' in pool) throw notOpened(relayPort, servicePort, pool);
  emit('doorOpened', 'pool', { host: settings.host ?? '::', port: pool.info.backConnectPort });
  return {
    // They are the registration's.
    entrances: [],
    callers: 0,
    close: () => pool.end('shutdown'),
    cut: () => pool.exchange.cut('drain'),
  };
}

/** Where far ends have to be that show less than a registration takes; anywhere when undefined. */
function farEndsFrom({ settings, access }: Site): readonly string[] | undefined {
  const { poolTls, tlsClientCa } = settings;
  // In place of a token, there may be a certificate.
  const isProven = poolTls && (!access.tokenRequired || tlsClientCa !== undefined);
  return isProven ? undefined : access.unprovenFrom;
}

const REASONS: Partial<Record<Refusal['cause'], string>> = {
  'port-taken': 'one of them is in use already',
  full: 'there may be no more registrations (--max-registrations)',
  descriptors: 'out of file descriptors (see ulimit -n)',
};

function notOpened(
  relayPort: number,
  servicePort: number,
  { cause, detail = REASONS[cause] ?? cause }: Refusal,
): RelayError {
  return new RelayError(
    'E_LISTEN',
    `Cannot open the pool ${relayPort}:${servicePort}: ${detail}. Choose other ports (0: the system picks).`,
  );
}
