import * as v from 'valibot';
import { text } from './values.ts';

/** What `relay-agent` does for scripts that want to know where clients reach the service; the library has an event. */
export const readyOptions = {
  /** Run by the shell each time that the address is known, which is in its environment. */
  onReady: {
    schema: v.optional(text),
    hint: 'command',
    help: 'Run this when clients can come, with RELAY_HOST, RELAY_PORT, RELAY_ADDRESS and more set',
    excludes: ['pool'],
  },
  /** Gets `<host>:<port>` each time that the address is known. */
  addressFile: {
    schema: v.optional(text),
    hint: 'file',
    help: 'Write host:port of the public address to this file',
    excludes: ['pool'],
  },
} as const;
