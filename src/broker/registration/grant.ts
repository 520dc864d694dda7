import type { ClientLimits } from '../../data-plane/data-plane.ts';
import type { Registered } from '../../protocol/extended.ts';
import { formatMessage } from '../../protocol/message.ts';
import { toMessage } from '../access/limits.ts';
import type { RegistrationInfo } from '../events.ts';
import { MISSED_HEARTBEATS } from './agent-session.ts';

/** What every agent is told and held to. Times are in seconds. */
export interface Terms {
  /** The broker's public name. */
  host: string | undefined;
  /** Of which each name is a host. */
  domain: string | undefined;
  lease: number;
  heartbeat: number;
}

/** What an agent is told of its registration, this time. */
export type Grant = Pick<Registered, 'key' | 'resumed' | 'proof'>;

/** The spares that an agent may keep, and the ticket that lets them in. */
export interface Spares {
  ticket: string;
  most: number;
}

/** Under which clients reach a service at the TLS and HTTP doors. */
export function hostNameOf(
  name: string | undefined,
  domain: string | undefined,
): string | undefined {
  return name === undefined || domain === undefined ? undefined : `${name}.${domain}`;
}

/** The line that gives an agent its registration. */
export function formatRegistered(
  { id: registration, clientPort: port, backConnectPort: dialled, name }: RegistrationInfo,
  { host, domain, lease, heartbeat }: Terms,
  limits: ClientLimits,
  { ticket: spareTicket, most: maxSpares }: Spares,
  grant: Grant,
): string {
  const deadline = heartbeat * MISSED_HEARTBEATS;
  const hostName = hostNameOf(name, domain);
  const backConnectPort = dialled === 0 ? undefined : dialled;
  const registered: Registered = {
    ...{ registration, host, port, name, hostName, backConnectPort, ...grant },
    ...{ lease, heartbeat, deadline },
    ...{ spareTicket, maxSpares, limits: toMessage(limits) },
  };
  return formatMessage('REGISTERED', registered);
}
