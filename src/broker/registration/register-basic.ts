import type { ProtocolError } from '../../protocol/error-codes.ts';
import { strictest } from '../access/limits.ts';
import { choosePort, type PortWish } from '../access/ports.ts';
import type { ControlConnection } from '../control-connection.ts';
import type { Refusal } from '../reception/refusal.ts';
import { BasicRegistration, type Dialect } from './basic-registration.ts';
import { exchangeSettings, planeFor } from './exchange-settings.ts';
import type { Site } from './site.ts';

/** In the basic protocol a registrant is told of nothing but its clients. */
const BASIC: Dialect = { protocol: 'basic', isBare: false };

/** Makes a registration for a connection on which nothing was said, or tells why not. */
export async function registerBasic(
  { settings, access, planes, registry, emit }: Site,
  connection: ControlConnection,
  dialect = BASIC,
  wish: PortWish = {},
): Promise<Refusal | undefined> {
  const { address } = connection;
  if (!access.admitsAnybodyAt(address)) return { cause: 'basic-refused', error: REFUSED };
  const limits = { ...strictest(access.limits), waiting: access.limits.clients };
  const backConnectFrom = settings.backConnectFrom === 'same' ? address : undefined;
  const own = { pairing: 'order', backConnectFrom, limits, secured: false } as const;
  const ports = choosePort(wish, access.ports, registry.ports);
  const claim = { ports, rights: undefined, event: 'registered' } as const;
  const opened = await registry.open(claim, (id, clientPort) => {
    const exchange = exchangeSettings(settings, access, { ...own, clientPort });
    const plane = planeFor(exchange, planes);
    return BasicRegistration.open({ id, settings: exchange, dialect }, connection, plane, emit);
  });
  if ('cause' in opened) return opened;
  // What was sent away meanwhile does not tell its holder, which it had none of.
  if (connection.isEnded) await opened.end('lost');
  return undefined;
}

const REFUSED: ProtocolError = {
  code: 'basic-refused',
  message:
    'this relay takes no registrations by the basic protocol from your address; use relay-agent',
};
