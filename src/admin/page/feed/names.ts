import { ask } from './api.ts';
import type { FleetNames } from './wire.ts';

/** Milliseconds between two looks: names do not come with the snapshots, as there may be too many. */
const INTERVAL = 5000;

/** Milliseconds without another keystroke until a filter counts as typed. */
const TYPED = 200;

/**
 * Asks for the names of the fleet that have all words of a filter, and again every now and then.
 *
 * @param told - called with what is there, not while the broker does not answer
 * @returns ends it
 */
export function followNames(
  filter: string,
  most: number,
  told: (names: FleetNames) => void,
): () => void {
  const over = new AbortController();
  const query = new URLSearchParams({ contains: filter.trim(), limit: String(most) });
  const look = async () => {
    const names = await ask('GET', `fleet/names?${query}`, { signal: over.signal })
      .then((answer): Promise<FleetNames> => answer.json())
      .catch(() => undefined);
    if (over.signal.aborted) return;
    if (names) told(names);
    timer = setTimeout(look, INTERVAL);
  };
  let timer = setTimeout(look, TYPED);
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}
