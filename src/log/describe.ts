import type { Change } from '../agent/link/link.ts';
import type { RegistrationInfo } from '../broker/events.ts';
import type { PairEnding, WaitingEnding } from '../data-plane/data-plane.ts';
import { printable } from '../protocol/printable.ts';

/** Where clients reach a registration. */
export type Place = Pick<RegistrationInfo, 'clientPort' | 'name' | 'group'>;

const ENDINGS: Record<PairEnding | WaitingEnding, string> = {
  eof: 'complete',
  'client-reset': 'reset by the client',
  'server-reset': 'reset by the server',
  'half-close-timeout': 'half-closed and silent for too long',
  idle: 'silent for too long',
  'target-failed': 'the service cannot be reached',
  'relay-error': 'the system had no means to go on with it',
  cut: 'cut at shutdown',
  drain: 'cut when the time to finish was over',
  kicked: 'ended by the operator of the relay',
  revoked: 'its token was withdrawn or has expired',
  unfetched: 'no back-connect came for it in time',
  stopped: 'its registration ended while it waited',
};

/** How a connection ended and what it moved, in words. */
export function describeTraffic(record: {
  ending: PairEnding | WaitingEnding;
  bytesToServer: number;
  bytesToClient: number;
}): string {
  const { ending, bytesToServer, bytesToClient } = record;
  return `${ENDINGS[ending]}: ${bytesToServer} bytes in, ${bytesToClient} bytes out`;
}

/** A registration, by where clients reach it. */
export function placeOf({ clientPort, name = '', group = false }: Place): string {
  if (clientPort === 0) return `Name ${printable(name)}`;
  const more = [name === '' ? '' : printable(name), group ? 'one of a group' : ''];
  const known = more.filter((each) => each !== '').join(', ');
  return known === '' ? `Port ${clientPort}` : `Port ${clientPort} (${known})`;
}

const CHANGES: Record<Change, string> = {
  relay: 'another relay',
  port: 'another port',
  lease: 'a new lease',
};

/** What is not as it was with the registration before, in words. */
export function describeChanges(changed: readonly Change[]): string {
  return changed.map((change) => CHANGES[change]).join(', ');
}
