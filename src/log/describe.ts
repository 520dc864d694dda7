import type { PairEnding, WaitingEnding } from '../data-plane/data-plane.ts';

const ENDINGS: Record<PairEnding | WaitingEnding, string> = {
  eof: 'complete',
  'client-reset': 'reset by the client',
  'server-reset': 'reset by the server',
  'half-close-timeout': 'half-closed and silent for too long',
  idle: 'silent for too long',
  'target-failed': 'the service cannot be reached',
  cut: 'cut at shutdown',
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
