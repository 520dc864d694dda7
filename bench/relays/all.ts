import { bore } from './bore.ts';
import { direct } from './direct.ts';
import { ours } from './ours.ts';
import type { Relay } from './relay.ts';

/** In the order of their rotation. What `ours` is compared with is the second. */
export const allRelays: readonly Relay[] = [ours, bore, direct];
