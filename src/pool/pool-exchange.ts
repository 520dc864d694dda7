import type {
  DataPlane,
  Exchange,
  ExchangeObserver,
  ExchangeSettings,
} from '../data-plane/data-plane.ts';
import { MOST_POOLED } from '../options/values.ts';

/** Seconds that a client waits for a far end, unless somebody says otherwise. */
export const WAIT_TIMEOUT = 20;

/** What is particular to a pool; its relay port is the one for back-connects, its service port that of clients. */
export type PoolExchangeSettings = Omit<ExchangeSettings, 'pairing'>;

/**
 * Opens an exchange whose far ends come by themselves: they wait, each for the client that it is joined with,
 * and nobody is told of clients. Rejects with the system's error.
 */
export async function openPoolExchange(
  plane: DataPlane,
  settings: PoolExchangeSettings,
  observer: Omit<ExchangeObserver, 'notify'>,
): Promise<Exchange> {
  const whole = { ...settings, pairing: 'order' } as const;
  const exchange = await plane.openExchange(whole, { ...observer, notify: () => {} });
  const pool = { most: MOST_POOLED, introduction: '' };
  exchange.announce({ descriptor: undefined, pool });
  return exchange;
}
