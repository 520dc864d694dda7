import * as v from 'valibot';
import { seconds, secondsFromZero } from './values.ts';

/** What broker and agent alike do with the connections they relay. */
export const relayingOptions = {
  /** Seconds a half-closed connection may stay silent in the direction still open. Default 600. */
  halfCloseTimeout: {
    schema: v.optional(seconds, 600),
    hint: 's',
    help: 'Seconds a half-closed connection may stay silent',
  },
  /** Seconds that relayed connections get to finish at `close()`. Default 10. */
  drain: {
    schema: v.optional(secondsFromZero, 10),
    hint: 's',
    help: 'Seconds that relayed connections get to finish at shutdown',
  },
  /** What moves the bytes: `linux` keeps them in the kernel, `portable` is `node:net`. Default `auto`: Linux where it can be had. */
  dataPlane: {
    schema: v.optional(
      v.picklist(['auto', 'linux', 'portable'], 'expected auto, linux or portable'),
      'auto',
    ),
    hint: 'auto|linux|portable',
    help: 'What moves the bytes: the kernel, on Linux, or Node',
  },
} as const;
