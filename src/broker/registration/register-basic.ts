import type { ClientLimits, ExchangeSettings } from '../../data-plane/data-plane.ts';
import { formatAddress } from '../../options/values.ts';
import type { ProtocolError } from '../../protocol/error-codes.ts';
import type { Access } from '../access/access.ts';
import { strictest } from '../access/limits.ts';
import { choosePort, type PortWish } from '../access/ports.ts';
import type { ControlConnection } from '../control-connection.ts';
import type { MuxSession } from '../mux-session.ts';
import type { Refusal } from '../reception/refusal.ts';
import { BasicRegistration, type Dialect } from './basic-registration.ts';
import { exchangeSettings, planeFor } from './exchange-settings.ts';
import { MuxRegistration } from './mux-registration.ts';
import type { Registration } from './registration.ts';
import type { Site } from './site.ts';

/** In the basic protocol a registrant is told of nothing but its clients. */
const BASIC: Dialect = { protocol: 'basic', isBare: false };

/** Makes a registration for a connection on which nothing was said, or tells why not. */
export function registerBasic(
  site: Site,
  connection: ControlConnection,
  dialect = BASIC,
  wish: PortWish = {},
): Promise<Refusal | undefined> {
  const { settings, planes, emit } = site;
  const backConnectFrom = settings.backConnectFrom === 'same' ? connection.address : undefined;
  return register(site, connection, wish, {
    exchange: { backConnectFrom },
    isGone: () => connection.isEnded,
    open(id, settings) {
      const plane = planeFor(settings, planes);
      return BasicRegistration.open({ id, settings, dialect }, connection, plane, emit);
    },
  });
}

/** The same for the first stream of a session. */
export function registerMux(
  site: Site,
  connection: ControlConnection,
  mux: MuxSession,
): Promise<Refusal | undefined> {
  const { planes, emit } = site;
  const host = site.settings.advertise ?? mux.localAddress;
  const addressOf = (port: number) => formatAddress(host, port);
  return register(
    site,
    connection,
    {},
    {
      exchange: { backConnectFrom: undefined, backConnectPort: undefined },
      isGone: () => mux.isOver,
      open: (id, settings) =>
        MuxRegistration.open({ id, settings }, connection, mux, planes.portable, addressOf, emit),
    },
  );
}

/** They may all wait, as there are registrants that serve one client at a time. */
export function limitsOfBasic({ limits }: Access): ClientLimits {
  return { ...strictest(limits), waiting: limits.clients };
}

/** What is particular to one kind of these registrations. */
interface Kind {
  exchange: Pick<ExchangeSettings, 'backConnectFrom'> & { backConnectPort?: undefined };
  isGone: () => boolean;
  open: (id: number, settings: ExchangeSettings) => Promise<Registration>;
}

async function register(
  { settings, access, registry }: Site,
  { address }: ControlConnection,
  wish: PortWish,
  { exchange, isGone, open }: Kind,
): Promise<Refusal | undefined> {
  if (!access.admitsAnybodyAt(address)) return { cause: 'basic-refused', error: REFUSED };
  const limits = limitsOfBasic(access);
  const ports = choosePort(wish, access.ports, registry.ports);
  const claim = { ports, rights: undefined, event: 'registered' } as const;
  const opened = await registry.open(claim, (id, clientPort) => {
    const own = { ...exchange, pairing: 'order', limits, secured: false, clientPort } as const;
    return open(id, exchangeSettings(settings, access, own));
  });
  if ('cause' in opened) return opened;
  // What was sent away meanwhile does not tell its holder, which it had none of.
  if (isGone()) await opened.end('lost');
  return undefined;
}

const REFUSED: ProtocolError = {
  code: 'basic-refused',
  message:
    'this relay takes no registrations by the basic protocol from your address; use relay-agent',
};
