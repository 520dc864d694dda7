import { bore } from './bore.ts';
import { chisel } from './chisel.ts';
import { direct } from './direct.ts';
import { frp, frpWithoutMux } from './frp.ts';
import { haproxy } from './haproxy.ts';
import { ours, oursPortable, oursWatched } from './ours.ts';
import { rathole } from './rathole.ts';
import type { Relay } from './relay.ts';

/** In the order of their rotation. */
export const allRelays: readonly Relay[] = [
  ours,
  oursWatched,
  oursPortable,
  bore,
  rathole,
  frp,
  frpWithoutMux,
  chisel,
  haproxy,
  direct,
];
